import { type Fault, orThrow, showFaults } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { allButLast, attribution, lastLine, peakLine, peers } from "../../../bench/peer/answers.ts";

const line = '{"seconds":0.5,"first":0.75,"peak_bytes":1024,"tokens":16,"attention":"mixed"}';

const faultsOf = (result: E.Either<readonly Fault[], unknown>): string =>
  E.isLeft(result) ? showFaults(result.left) : "none";

test("the last line counts, whatever was printed before it; more keys do no harm", () => {
  const found = orThrow(lastLine(peers, `Loading 5 shards\n{}\n${line}\n\n`, "the peer"));
  assert.is(found.seconds, 0.5);
  assert.is(found.peak_bytes, 1024);
});

test("no line, no JSON, or something missing: a fault that says where", () => {
  assert.is(faultsOf(lastLine(peers, "\n", "the peer")), "the peer: expected a JSON line on stdout, got nothing");
  assert.match(faultsOf(lastLine(peers, "Killed", "the peer")), /^the peer: expected .*JSON/);
  const without = '{"seconds":0.5,"first":null,"tokens":16}';
  assert.is(
    faultsOf(lastLine(peers, without, "the peer")),
    "the peer at first: expected number, got null\nthe peer at peak_bytes: expected number, got nothing",
  );
});

test("a command's own JSON may have many lines; the last one is of the process", () => {
  const said = { target: { text: " Paris" }, times: { prepare: 1, run: 2 }, parts: [] };
  const text = `${JSON.stringify(said, null, 2)}\n\n{"peak":4096}\n`;
  assert.is(orThrow(allButLast(attribution, text, "depass")).target.text, " Paris");
  assert.equal(orThrow(lastLine(peakLine, text, "depass")), { peak: 4096 });
});

test.run();
