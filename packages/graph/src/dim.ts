// Symbolic sizes: a dimension is a number or a polynomial in symbols (T tokens, M parts, …) with rational
// coefficients, kept in one canonical form so that equal sizes are equal text. One plan then serves every T:
// `dim("T")`, `plus("T", 2)`, the packed rows `T·(T+1)/2`.

/** A size known only at run time. Terms are sorted by their monomial; `text` is canonical and is the identity. */
export type Polynomial = {
  readonly terms: readonly Term[];
  readonly text: string;
};

/** `over` divides: 1/2·T² + 1/2·T is kept as integers over a common divisor. */
type Term = { readonly numerator: number; readonly over: number; readonly symbols: readonly string[] };

export type Dim = number | Polynomial;
/** What constructors take: a bare string is a symbol. */
export type DimLike = Dim | string;
export type Shape = readonly Dim[];
/** The value of every symbol in one run. */
export type Sizes = Readonly<Record<string, number>>;

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b));

const reduced = (numerator: number, over: number, symbols: readonly string[]): Term => {
  const divisor = gcd(numerator, over);
  return { numerator: numerator / divisor, over: over / divisor, symbols };
};

const monomial = (symbols: readonly string[]): string => {
  const counts = new Map<string, number>();
  for (const s of symbols) counts.set(s, (counts.get(s) ?? 0) + 1);
  return [...counts].map(([s, n]) => (n === 1 ? s : `${s}^${n}`)).join("·");
};

const termText = ({ numerator, over, symbols }: Term): string => {
  const name = monomial(symbols);
  const coefficient = over === 1 ? `${numerator}` : `${numerator}/${over}`;
  if (name === "") return coefficient;
  return coefficient === "1" ? name : `${coefficient}·${name}`;
};

const byDegree = (a: Term, b: Term): number =>
  b.symbols.length - a.symbols.length || (monomial(a.symbols) < monomial(b.symbols) ? -1 : 1);

const collect = (terms: readonly Term[]): Dim => {
  const sums = new Map<string, Term>();
  for (const t of terms) {
    const key = monomial(t.symbols);
    const old = sums.get(key);
    const sum = old
      ? reduced(old.numerator * t.over + t.numerator * old.over, old.over * t.over, t.symbols)
      : reduced(t.numerator, t.over, t.symbols);
    sums.set(key, sum);
  }
  const kept = [...sums.values()].filter((t) => t.numerator !== 0).sort(byDegree);
  const only = kept[0];
  if (only === undefined) return 0;
  if (kept.length === 1 && only.symbols.length === 0 && only.over === 1) return only.numerator;
  return { terms: kept, text: kept.map(termText).join("+").replaceAll("+-", "-") };
};

const termsOf = (d: Dim): readonly Term[] =>
  typeof d === "number" ? [{ numerator: d, over: 1, symbols: [] }] : d.terms;

/** A symbol or a number as a dimension. */
export const dim = (d: DimLike): Dim =>
  typeof d === "string" ? { terms: [{ numerator: 1, over: 1, symbols: [d] }], text: d } : d;

export const dims = (shape: readonly DimLike[]): Shape => shape.map(dim);

export const plus = (a: DimLike, b: DimLike): Dim => collect([...termsOf(dim(a)), ...termsOf(dim(b))]);

export const times = (a: DimLike, b: DimLike): Dim =>
  collect(
    termsOf(dim(a)).flatMap((x) =>
      termsOf(dim(b)).map((y) => ({
        numerator: x.numerator * y.numerator,
        over: x.over * y.over,
        symbols: [...x.symbols, ...y.symbols].sort(),
      })),
    ),
  );

/** Exact division by a positive whole number, as in T·(T+1)/2. */
export const over = (a: DimLike, divisor: number): Dim =>
  collect(termsOf(dim(a)).map((t) => ({ ...t, over: t.over * divisor })));

export const minus = (a: DimLike, b: DimLike): Dim => plus(a, times(-1, b));

export const product = (shape: Shape): Dim => shape.reduce((a: Dim, b) => times(a, b), 1);

export const showDim = (d: Dim): string => (typeof d === "number" ? `${d}` : d.text);

export const showShape = (shape: Shape): string => `[${shape.map(showDim).join(", ")}]`;

export const sameDim = (a: Dim, b: Dim): boolean => showDim(a) === showDim(b);

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && showShape(a) === showShape(b);

/** The symbols a size depends on. */
export const symbolsOf = (d: Dim): readonly string[] => [...new Set(termsOf(d).flatMap((t) => t.symbols))];

/** The size under given symbol values, whole where it is; NaN where one is missing. */
export const valueOf = (d: Dim, sizes: Sizes): number => {
  if (typeof d === "number") return d;
  const common = d.terms.reduce((m, t) => (m * t.over) / gcd(m, t.over), 1);
  const value = (t: Term): number => t.symbols.reduce((p, s) => p * (sizes[s] ?? Number.NaN), t.numerator);
  return d.terms.reduce((sum, t) => sum + value(t) * (common / t.over), 0) / common;
};

export const shapeOfSizes = (shape: Shape, sizes: Sizes): readonly number[] => shape.map((d) => valueOf(d, sizes));

/** Dimensions are at least 1, so a polynomial with no negative coefficient and a positive one is positive. */
export const isOne = (d: Dim): boolean => d === 1;
