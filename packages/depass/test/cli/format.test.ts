import { suite } from "uvu";
import * as assert from "uvu/assert";
import { called } from "../run.ts";
import { newFolder, remove, writeCheckpoint } from "../tiny.ts";

const test = suite("--format");
let model = "";
test.before(async () => {
  model = await newFolder();
  await writeCheckpoint(model);
});
test.after(() => remove(model));

const ask = (command: string, ...args: readonly string[]) =>
  called([command, "--model", model, "--prompt", "on,the", "--backend", "reference", ...args]);

const printed = async (command: string, ...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await ask(command, ...args);
  assert.equal([code, stderr], [0, ""]);
  return stdout;
};

const generated = ["--max-tokens", "2"];
const kinds: readonly (readonly [command: string, header: string, args: readonly string[]])[] = [
  ["attribute", "part,tokens,score,norm", []],
  ["attribute", "part,tokens,score,norm,score at layers.0.resid_pre", ["--layers"]],
  ["map", "kind,layer,index,score", []],
  ["compare", "part,tokens,softmax 0.1,softmax 0.01,softmax 1,max,relu,linear,taylor", []],
  ["generate", "position,id,token,logit,probability", generated],
  ["generate", "position,token,from,part,score", [...generated, "--explain"]],
];

for (const [command, header, args] of kinds)
  test(`${command} ${args.join(" ")}: csv and markdown have a header, and rows of as many cells`, async () => {
    const [head, ...rows] = (await printed(command, "--format", "csv", ...args)).split("\r\n");
    assert.ok(head?.startsWith(header), head);
    assert.is(rows.at(-1), "");
    assert.ok(rows.length > 2);
    const lines = (await printed(command, "--format", "markdown", ...args)).trimEnd().split("\n");
    assert.is(lines.length, rows.length - 1 + 4, "a line of what it is, an empty one, two of the header");
    assert.ok(lines.slice(2).every((line) => line.startsWith("| ") && line.endsWith(" |")));
  });

test("the numbers are those of --json, to the last digit", async () => {
  const json = JSON.parse(await printed("attribute", "--json"));
  const rows = (await printed("attribute", "--format", "csv")).trimEnd().split("\r\n").slice(1);
  const scores = rows.map((row) => Number(row.split(",").at(-2)));
  assert.equal(
    scores,
    json.parts.map((part: { readonly score: number }) => part.score),
  );
  const maps = JSON.parse(await printed("map", "--json"));
  const cells = (await printed("map", "--format", "csv")).trimEnd().split("\r\n").slice(1);
  assert.equal(
    cells.map((row) => Number(row.split(",").at(-1))),
    [...maps.heads.flat(), ...maps.attention, ...maps.mlp],
  );
});

test("--json is --format json; the two may agree, and are refused where they differ", async () => {
  const timeless = (text: string): unknown => ({ ...JSON.parse(text), times: undefined });
  const short = timeless(await printed("attribute", "--json"));
  assert.equal(timeless(await printed("attribute", "--format", "json")), short);
  assert.equal(timeless(await printed("attribute", "--format", "json", "--json")), short);
  for (const command of ["attribute", "map", "compare", "generate"]) {
    const { code, stdout, stderr } = await ask(command, "--json", "--format", "csv");
    assert.equal([code, stdout], [2, ""]);
    assert.match(stderr, "--json: expected one format, got --format csv as well; leave one of them out");
  }
  assert.match((await ask("map", "--format", "yaml")).stderr, "Allowed choices are text, json, csv, markdown");
});

test("--all is for the report that people read", async () => {
  const { code, stderr } = await ask("attribute", "--all", "--format", "csv");
  assert.is(code, 2);
  assert.match(stderr, "got --format csv; the JSON always has all parts, and so have tables");
});

test.run();
