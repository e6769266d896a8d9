// How much is there to compute? Every matrix product of a decomposed Llama at a prompt length, and its operations. What is
// between the products (norms, attention, shares) is left out: below 2 % of the operations at these sizes.
import type { DecoderConfig } from "@depass/models";

/** `[rows, inner] · [columns, inner]ᵀ`, that many times in a run. */
export type Work = {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly times: number;
};

/** Rows of the parts: packed, the remainder being the one extra part; dense, every part at every token. */
export const partRows = (tokens: number, packed: boolean): number =>
  packed ? (tokens * (tokens + 1)) / 2 + tokens : (tokens + 1) * tokens;

export const workOf = (c: DecoderConfig, tokens: number, packed: boolean): readonly Work[] => {
  const [wide, narrow] = [c.heads * c.headWidth, c.kvHeads * c.headWidth];
  const map = (rows: number, inner: number, columns: number, times = c.layers): Work => ({
    rows,
    inner,
    columns,
    times,
  });
  const parts = partRows(tokens, packed);
  return [
    map(tokens, c.hidden, wide),
    map(tokens, c.hidden, narrow, 2 * c.layers),
    map(tokens, wide, c.hidden),
    map(tokens, c.hidden, c.mlpWidth, 2 * c.layers),
    map(tokens, c.mlpWidth, c.hidden),
    map(1, c.hidden, c.vocab, 1),
    map(parts, c.hidden, narrow),
    map(parts, wide, c.hidden),
    map(parts, c.hidden, c.mlpWidth),
    map(parts, c.mlpWidth, c.hidden),
  ];
};

/** Operations, a multiplication and an addition being two. */
export const operationsOf = (work: readonly Work[]): number =>
  work.reduce((sum, w) => sum + 2 * w.rows * w.inner * w.columns * w.times, 0);
