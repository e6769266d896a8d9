// What decompose() is told of the parts: where they begin (a seed) and how they lie. How an MLP's neurons are split among
// them stands in rules.ts.
import { type Dim, plus } from "./dim.ts";
import type { Expr } from "./expr.ts";

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
  /** Where several seeds' parts are carried side by side: how many, on an axis in front of the parts'. */
  readonly groups?: number;
};

export const layoutOf = (named: Dim, tokenLevel: boolean, hasBias: boolean): PartsLayout => ({
  named,
  count: plus(named, hasBias ? 2 : 1),
  remainder: plus(named, hasBias ? 1 : 0),
  tokenLevel,
  ...(hasBias ? { bias: named } : {}),
});

/** A node, by its site, whose value is split. */
export type SeedPlace = {
  readonly site: string;
  /**
   * The named parts of the whole, `[…] → [N, …]`, from the value at this site and at any other. What they lack of the whole
   * becomes the remainder.
   */
  readonly parts: (whole: Expr, valueAt: (site: string) => Expr) => Expr;
  /** For parts that always sum to the whole: they, with that many zero parts behind them, `[N + extras, …]`. */
  readonly complete?: (whole: Expr, extras: number) => Expr;
};

/** Where the parts begin, and what they are there. */
export type Seed = SeedPlace & {
  readonly name: string;
  /** How many named parts. */
  readonly named: Dim;
  readonly tokenLevel: boolean;
  /** What the named parts are called, where that does not depend on the prompt. */
  readonly partNames?: readonly string[];
  /** Further places where the parts begin anew, whatever had reached them: a branch whose value is split by itself. */
  readonly also?: readonly SeedPlace[];
};

/** The output that holds the parts of another, and the site of the parts of a site. */
export const partsName = (output: string): string => `${output}.parts`;
