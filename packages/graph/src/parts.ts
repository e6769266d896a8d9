// What decompose() is told of the parts: where they begin (a seed) and how they lie. How an MLP's neurons are split among
// them stands in rules.ts.
import { type Dim, dim, plus } from "./dim.ts";
import { type Expr, node } from "./expr.ts";

/** How the parts axis of one decomposition is laid out: the named parts first, then `bias` and `remainder`. */
export type PartsLayout = {
  /** Named parts, N. */
  readonly named: Dim;
  /** All parts, M. */
  readonly count: Dim;
  /** Where the constants of the model go; absent where it has none. */
  readonly bias?: Dim;
  /** Where goes whatever is in no other part. */
  readonly remainder: Dim;
  /** The named parts are the tokens: part 0 is the special one. */
  readonly tokenLevel: boolean;
};

export const layoutOf = (named: Dim, tokenLevel: boolean, hasBias: boolean): PartsLayout => ({
  named,
  count: plus(named, hasBias ? 2 : 1),
  remainder: plus(named, hasBias ? 1 : 0),
  tokenLevel,
  ...(hasBias ? { bias: named } : {}),
});

/** Where the parts begin, and what they are there. */
export type Seed = {
  readonly name: string;
  /** The node, by its site, whose value is split. */
  readonly site: string;
  /** How many named parts. */
  readonly named: Dim;
  readonly tokenLevel: boolean;
  /**
   * The named parts of the whole, `[T, D] → [N, T, D]`, from the value at the seed's site and at any other site.
   * What they lack of the whole becomes the remainder.
   */
  readonly parts: (whole: Expr, valueAt: (site: string) => Expr) => Expr;
  /**
   * For seeds whose parts always sum to the whole: the parts with that many zero parts behind them, `[N + extras, T, D]`.
   */
  readonly complete?: (whole: Expr, extras: number) => Expr;
};

/** Part i is the state of token i, zero at the other tokens (method.md, "Seeds"). */
export const tokenSeed = (site: string, tokens: Dim | string = "T"): Seed => ({
  name: `token from ${site}`,
  site,
  named: dim(tokens),
  tokenLevel: true,
  parts: (whole) => node("tokenParts", { extras: 0 }, whole),
  complete: (whole, extras) => node("tokenParts", { extras }, whole),
});

/** The output that holds the parts of another, and the site of the parts of a site. */
export const partsName = (output: string): string => `${output}.parts`;
