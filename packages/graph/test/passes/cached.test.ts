import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { plus } from "../../src/dim.ts";
import { evaluate } from "../../src/evaluate.ts";
import type { Expr, Graph } from "../../src/expr.ts";
import * as nn from "../../src/nn.ts";
import { type Cached, cached } from "../../src/passes/cached.ts";
import { simplify } from "../../src/passes/simplify.ts";
import type { Tensors } from "../../src/sizes.ts";
import * as s from "../../src/syntax.ts";
import { type Tensor, tensor, toF64 } from "../../src/tensor.ts";
import { close, models, tensorsFor } from "../../src/testing/index.ts";
import { filled } from "../../src/testing/values.ts";
import { left, right } from "../either.ts";
import { fuzz } from "../seed.ts";

const test = suite("cached");

const joined = (a: Tensor, b: Tensor): Tensor =>
  tensor(
    "f64",
    [(a.shape[0] as number) + (b.shape[0] as number), ...a.shape.slice(1)],
    Float64Array.of(...toF64(a), ...toF64(b)),
  );

const rows = (x: Tensor, from: number, to: number): Tensor => {
  const each = x.data.length / (x.shape[0] as number);
  return tensor(x.dtype, [to - from, ...x.shape.slice(1)], x.data.slice(from * each, to * each));
};

/** The outputs of a text run in pieces of these sizes, one after the other, rows joined. */
const inPieces = ({ graph, cache }: Cached, tensors: Tensors, split: readonly string[], sizes: readonly number[]) => {
  let past: Tensors = Object.fromEntries(
    cache.map(({ input, row }) => [input, filled([1, ...row], {}, () => 7, "f32")]), // a blank is anything
  );
  let out: Tensors = {};
  let at = 0;
  for (const size of sizes) {
    const own = split.map((name) => [name, rows(tensors[name] as Tensor, at, at + size)]);
    const found = right(evaluate(graph, { ...tensors, ...Object.fromEntries(own), ...past }));
    const add = (known: Tensor | undefined, name: string): Tensor =>
      known === undefined ? (found[name] as Tensor) : joined(known, found[name] as Tensor);
    past = Object.fromEntries(cache.map(({ input, output }) => [input, add(past[input], output)]));
    out = Object.fromEntries(Object.keys(found).map((name) => [name, add(out[name], name)]));
    at += size;
  }
  return out;
};

/** A length in pieces, cut where the numbers say. */
const piecesOf = (length: number, cuts: readonly boolean[]): readonly number[] => {
  const sizes = [1];
  for (let i = 1; i < length; i++)
    if (cuts[i - 1] === true) sizes.push(1);
    else sizes.push((sizes.pop() as number) + 1);
  return sizes;
};

test("any model gives in pieces what it gives at once, wherever the text is cut", () => {
  const cuts = fc.array(fc.boolean(), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(models, cuts, ({ graph, tensors, config }, cut) => {
      const made = right(cached(graph));
      assert.is(made.growing, false);
      assert.is(made.cache.length, 2 * config.layers);
      const whole = right(evaluate(graph, tensors));
      for (const run of [made, { ...made, graph: right(simplify(made.graph)) }]) {
        const found = inPieces(run, tensors, ["tokens"], piecesOf(config.tokens, cut));
        close(found.logits as Tensor, whole.logits as Tensor, { rtol: 1e-10, atol: 1e-12, of: "largest" });
      }
    }),
    fuzz(60),
  );
});

const x = s.input("x", ["T", 4]);
const heads = (y: Expr): Expr => s.reshape(2, ["T", 2, 2])(y);
const attended = (y: Expr): Expr => nn.attend(nn.attentionWeights(1)(heads(y), heads(y)), heads(y));

test("several sequences at once, and attention that shares its keys", () => {
  const wide = s.input("x", ["T", 12]);
  const split = s.reshape(2, ["T", 6, 2])(wide);
  const weights = nn.attentionWeights(0.5)(split, split);
  const graph: Graph = {
    y: s.add(nn.attend(weights, split), nn.attend(s.mul(weights, 2), split)),
    rows: s.mul(s.reshape(1, ["T", 1])(s.iota("T")), wide),
  };
  const made = right(cached(graph));
  assert.equal(
    made.cache.map((c) => c.output),
    ["keys 0"],
  );
  const tensors = tensorsFor(graph, { T: 5 });
  const whole = right(evaluate(graph, tensors));
  const found = inPieces(made, tensors, ["x"], [2, 1, 2]);
  for (const name of ["y", "rows"]) close(found[name] as Tensor, whole[name] as Tensor, { rtol: 1e-12 });
});

test("what follows from the number of all tokens says so, and holds for a text at once", () => {
  const graph: Graph = { y: s.mul(attended(x), s.size("T")) };
  const made = right(cached(graph));
  assert.is(made.growing, true);
  const tensors = tensorsFor(graph, { T: 3 });
  close(inPieces(made, tensors, ["x"], [3]).y as Tensor, right(evaluate(graph, tensors)).y as Tensor, { rtol: 1e-12 });
});

/** Each is refused, with the place and what is wrong. */
const refused: Readonly<Record<string, readonly [y: Expr, message: RegExp]>> = {
  "a sum over tokens": [
    s.sum(-2)(x),
    /^sum: expected an op that takes each token by itself, got one number of all tokens/,
  ],
  "a largest token": [s.max(-2)(x), /got one number of all tokens/],
  "tokens by their number": [s.gather(-2, s.input("at", [1], "i32"))(x), /^gather: .*got tokens by their number/],
  "the first token": [s.slice(-2, 0, 1)(x), /^slice: .*got tokens by their number/],
  "a row in front": [s.concat(-2, s.weight("w", [1, 4]), x), /^concat: .*got rows before or behind the tokens/],
  "attention by hand": [
    s.matmul(nn.softmax(s.matmul(x, s.transpose([-1, -2])(x))), x),
    /matmul: .*got every token beside every other/,
  ],
  "tokens turned into columns": [nn.softmax(s.transpose([-1, -2])(x)), /^softmax: .*got a row across tokens/],
  "tokens laid out anew": [s.reshape(2, [4, "T"])(x), /^reshape: .*got tokens laid out anew/],
  "tokens counted into a table": [s.scatterAdd(-2, 9, s.input("ids", ["T"], "i32"))(x), /got a sum over tokens/],
  "an odd count": [s.mul(s.sum(-1)(s.iota(plus("T", 1))), attended(x)), /iota: expected 2·T, got T\+1/],
  "the symbol P": [s.input("p", ["P"]), /no inputs with the symbol P/],
};

for (const [what, [y, message]] of Object.entries(refused))
  test(`${what} is refused`, () => assert.match(left(cached({ y })), message));

test.run();
