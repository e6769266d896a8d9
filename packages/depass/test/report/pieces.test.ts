import { test } from "uvu";
import * as assert from "uvu/assert";
import { piecesOf } from "../../src/report/pieces.ts";
import { attributionOf, tokensOf } from "./tokens.ts";

test("each token is a piece with its part; what no token has stands before the next", () => {
  const tokens = tokensOf(["a", " ", "b"]).filter((t) => t.text !== " ");
  const parts = tokens.map((t, token) => ({ name: t.text, score: token + 1, token }));
  assert.equal(piecesOf({ prompt: "a b", tokens, parts }), [
    { before: "", text: "a", added: false, tokens: [0], parts: [0], score: 1 },
    { before: " ", text: "b", added: false, tokens: [1], parts: [1], score: 2 },
  ]);
});

test("tokens of one character are one piece with all their parts", () => {
  const bytes = { id: 1, text: "<0xE6>", whole: false, special: false, origin: "text" } as const;
  const tokens = [...tokensOf(["a"]), { ...bytes, start: 1, end: 2 }, { ...bytes, start: 1, end: 2 }];
  const parts = tokens.map((t, token) => ({ name: t.text, score: 2 ** token, token }));
  const [, joined] = piecesOf({ prompt: "a日", tokens, parts });
  assert.equal(joined, { before: "", text: "日", added: false, tokens: [1, 2], parts: [1, 2], score: 6 });
});

test("so are the tokens of one grapheme", () => {
  const { prompt, tokens, parts } = attributionOf(["e", "\u0301", "x"], [1, 2, 4]);
  assert.equal(
    piecesOf({ prompt, tokens, parts }).map((p) => [p.text, p.score]),
    [
      ["e\u0301", 3],
      ["x", 4],
    ],
  );
});

test("what the tokenizer put there is apart from the text", () => {
  const begin = { id: 9, text: "<s>", start: 0, end: 0, whole: true, special: true, origin: "tokenizer" } as const;
  const tokens = [begin, ...tokensOf(["a"])];
  const parts = tokens.map((t, token) => ({ name: t.text, score: 5 - token, token }));
  assert.equal(
    piecesOf({ prompt: "a", tokens, parts }).map((p) => [p.text, p.score, p.added]),
    [
      ["<s>", 5, true],
      ["a", 4, false],
    ],
  );
});

test("a span is one piece; heads have none", () => {
  const { prompt, tokens } = attributionOf(["Ann", " Lee", " sat"], [0, 0, 0]);
  const spans = [
    { name: "Ann Lee", score: 5, tokens: [0, 1] },
    { name: " sat", score: 1, token: 2, tokens: [2] },
  ];
  assert.equal(
    piecesOf({ prompt, tokens, parts: spans }).map((p) => [p.text, p.parts, p.score]),
    [
      ["Ann Lee", [0], 5],
      [" sat", [1], 1],
    ],
  );
  const heads = [{ name: "L0H0", score: 5 }];
  assert.equal(
    piecesOf({ prompt, tokens, parts: heads }).map((p) => [p.parts, p.score]),
    [
      [[], 0],
      [[], 0],
      [[], 0],
    ],
  );
});

test.run();
