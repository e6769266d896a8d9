// Parts that are a state's projections on subspaces, each by a basis with a name. A projection is that of the subspace, whichever of
// its bases spans it: rows are made orthonormal here, which changes nothing but where they were not. What cannot be made good is
// said: rows that depend on each other, and subspaces that share something, which would be in two parts.
//
//   const seed = orThrow(subspaceLevel(model.architecture, 5, [{ name: "plural", rows: [direction] }]))
import { constant, type Fault, fault, type Seed, subspaceSeed } from "@depass/graph";
import { type Architecture, site } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { layerOf } from "./layer.ts";

/** Rows `[K, D]` that span a subspace, in any order and of any length. */
export type Basis = { readonly name: string; readonly rows: readonly ArrayLike<number>[] };

type Orthonormal = { readonly name: string; readonly rows: readonly Float64Array[] };

/** A row of which less is left, of its length, is one of those before it, to the rounding of f32. */
const DEPENDENT = 1e-6;
/** The norm of all cosines of two bases, which no direction of one exceeds in the other: at most this part of its energy is in both. */
const SHARED = 1e-2;

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += (a[d] as number) * (b[d] as number);
  return sum;
};

const times = (row: Float64Array, factor: number): Float64Array => row.map((x) => x * factor);

/** Length 1, or all zeros as they are: the largest is made 1 before anything is squared. */
const unit = (row: Float64Array): Float64Array => {
  const largest = row.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  if (largest === 0) return row;
  const scaled = row.map((x) => x / largest);
  return times(scaled, 1 / Math.sqrt(dot(scaled, scaled)));
};

/** What a unit row has that the others have not. Twice, for once leaves the rounding of what was taken. */
const beside = (row: Float64Array, others: readonly Float64Array[]): Float64Array => {
  const left = Float64Array.from(row);
  for (let again = 0; again < 2; again++)
    for (const other of others) {
      const along = dot(left, other);
      for (let d = 0; d < left.length; d++) left[d] = (left[d] as number) - along * (other[d] as number);
    }
  return left;
};

const wrong = ({ name }: Pick<Basis, "name">, expected: string, got: string, next?: string): readonly Fault[] => [
  fault("seed", `basis ${JSON.stringify(name)}`, expected, got, next),
];

const sized = (basis: Basis, hidden: number): E.Either<readonly Fault[], readonly Float64Array[]> => {
  const { rows } = basis;
  if (rows.length === 0 || rows.length > hidden)
    return E.left(wrong(basis, `1 to ${hidden} rows (the model's width)`, `${rows.length}`));
  const odd = rows.find(({ length }) => length !== hidden);
  if (odd !== undefined)
    return E.left(wrong(basis, `rows of ${hidden} numbers (the model's width)`, `one of ${odd.length}`));
  const all = rows.map((row) => Float64Array.from(row));
  return all.every((row) => row.every(Number.isFinite))
    ? E.right(all)
    : E.left(wrong(basis, "finite numbers", "others"));
};

/** The same subspace by rows at right angles, each of length 1 (Gram and Schmidt). */
const orthonormal = (basis: Basis, hidden: number): E.Either<readonly Fault[], Orthonormal> =>
  pipe(
    sized(basis, hidden),
    E.chain((all) => {
      const rows: Float64Array[] = [];
      for (const [i, row] of all.entries()) {
        const left = beside(unit(row), rows);
        if (Math.sqrt(dot(left, left)) < DEPENDENT)
          return E.left(wrong(basis, "rows of which none is made of the others, or zero", `row ${i}`, "leave it out"));
        rows.push(unit(left));
      }
      return E.right({ name: basis.name, rows });
    }),
  );

const NEXT = "ask about one of them at a time, or take from one what the other has";

const apart = (all: readonly Orthonormal[]): readonly Fault[] =>
  all.flatMap((a, i) =>
    all.slice(i + 1).flatMap((b) => {
      const cosines = a.rows.flatMap((x) => b.rows.map((y) => dot(x, y)));
      const common = Math.sqrt(cosines.reduce((sum, c) => sum + c * c, 0));
      const got = `cosines of norm ${common.toFixed(4)} with ${JSON.stringify(b.name)}`;
      return common > SHARED ? wrong(a, "subspaces at right angles, which share nothing", got, NEXT) : [];
    }),
  );

/** Bases of subspaces that share nothing, each orthonormal. Faults: subspaceLevel()'s, but for the layer. */
const disjoint = (bases: readonly Basis[], hidden: number): E.Either<readonly Fault[], readonly Orthonormal[]> => {
  const names = bases.map(({ name }) => name);
  const twice = bases.find(({ name }, i) => names.indexOf(name) < i);
  if (bases.length === 0) return E.left([fault("seed", "subspaces", "at least one basis", "none")]);
  if (twice !== undefined) return E.left(wrong(twice, "each name once", "it twice"));
  return pipe(
    bases,
    E.traverseArray((basis) => orthonormal(basis, hidden)),
    E.chain((all) => {
      const shared = apart(all);
      return shared.length > 0 ? E.left(shared) : E.right(all);
    }),
  );
};

/**
 * Each subspace is a part, as the state entering a layer is projected on it; what is in none of them is the remainder.
 * Faults (tag `seed`): no such layer, no basis, a name twice, rows of another width, not finite, dependent, subspaces that are not
 * at right angles to each other.
 */
export const subspaceLevel = (
  model: Architecture,
  layer: number,
  bases: readonly Basis[],
): E.Either<readonly Fault[], Seed> =>
  pipe(
    layerOf(model, layer),
    E.chain(() => disjoint(bases, model.hidden)),
    E.map((all) => ({
      ...subspaceSeed(
        site.residPre(layer),
        all.map(({ rows }) =>
          constant(
            rows.flatMap((row) => [...row]),
            [rows.length, model.hidden],
          ),
        ),
      ),
      partNames: all.map(({ name }) => name),
    })),
  );
