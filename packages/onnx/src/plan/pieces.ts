// The largest matrix of a model, its unembedding mostly, as pieces of its rows where it is far larger than the others: each piece
// is read, multiplied and let go by itself in a run whose weights come and go, so that none of them needs a vocabulary's bytes.
import {
  at,
  concat,
  type Expr,
  type Graph,
  linear,
  type Node,
  nodesOf,
  rewrite,
  sizeOf,
  type Weights,
  weight,
} from "@depass/graph";

export type Pieced = {
  readonly graph: Graph;
  readonly weights: Weights;
  /** Names of the weights that are pieces. */
  readonly pieces: ReadonlySet<string>;
};

type Piece = { readonly of: string; readonly first: number; readonly shape: readonly [rows: number, width: number] };

/** Elements of a piece at least: smaller ones save nothing that would be noticed. */
const FEWEST = 2 ** 22;

/** Whether a node wants the matrix otherwise than as a linear map's. */
const wantsWhole = (n: Expr, w: Expr): boolean => n.op !== "linear" || n.inputs[1] !== w || n.inputs[0] === w;

/** Piece after piece of `[V, D]`, each about as long as the others. */
const piecesOf = (name: string, [rows, width]: readonly [number, number], most: number): ReadonlyMap<string, Piece> => {
  const each = Math.ceil(rows / Math.ceil((rows * width) / most));
  const firsts = Array.from({ length: Math.ceil(rows / each) }, (_, i) => i * each);
  return new Map(
    firsts.map((first) => {
      const count = Math.min(each, rows - first);
      return [`${name}, rows ${first} to ${first + count - 1}`, { of: name, first, shape: [count, width] }];
    }),
  );
};

/** The matrix to cut and the elements of a piece: no more than those of the largest weight beside it. */
const largest = (graph: Graph, weights: Weights, fewest: number) => {
  const nodes = nodesOf(graph);
  const all = new Map<string, readonly number[]>();
  for (const n of nodes) if (n.op === "weight") all.set(n.params.name, n.params.shape as readonly number[]);
  const [[name, shape] = [], [, next = []] = []] = [...all].sort(([, a], [, b]) => sizeOf(b) - sizeOf(a));
  if (name === undefined || shape?.length !== 2 || weights.rows?.(name) === undefined) return undefined;
  const isIt = (x: Expr): x is Node<"weight"> => x.op === "weight" && x.params.name === name;
  // Whoever reads it otherwise would have it in memory as a whole.
  if (nodes.some((n) => n.inputs.some((x) => isIt(x) && wantsWhole(n, x)))) return undefined;
  if (Object.values(graph).some(isIt)) return undefined;
  const most = Math.max(fewest, all.size > 1 ? sizeOf(next) : 0);
  return { name, isIt, pieces: piecesOf(name, shape as readonly [number, number], most) };
};

const answering = (weights: Weights, pieces: ReadonlyMap<string, Piece>): Weights => {
  const rowsOf = ({ of, first }: Piece) => {
    const rows = weights.rows?.(of);
    return rows && ((from: number, count: number) => rows(first + from, count));
  };
  return {
    ...weights,
    describe: (name) => {
      const piece = pieces.get(name);
      const whole = weights.describe(piece?.of ?? name);
      return piece === undefined || whole === undefined ? whole : { ...whole, shape: piece.shape };
    },
    read: (name) => {
      const piece = pieces.get(name);
      return (piece && rowsOf(piece)?.(0, piece.shape[0])) ?? weights.read(name);
    },
    rows: (name) => {
      const piece = pieces.get(name);
      return piece === undefined ? weights.rows?.(name) : rowsOf(piece);
    },
  };
};

/** The same graph where there is nothing to cut, or rows cannot be had alone. */
export const pieced = (graph: Graph, weights: Weights, fewest = FEWEST): Pieced => {
  const found = largest(graph, weights, fewest);
  if (found === undefined || found.pieces.size < 2) return { graph, weights, pieces: new Set() };
  const { isIt, pieces } = found;
  const made = rewrite(graph, (now, old) => {
    if (old.op !== "linear" || !isIt(old.inputs[1] as Expr)) return now;
    const x = now.inputs[0] as Expr;
    const parts = [...pieces].map(([name, { shape }]) => linear(weight(name, shape))(x));
    const whole = concat(-1, ...parts);
    return old.site === undefined ? whole : at(old.site)(whole);
  });
  return { graph: made, weights: answering(weights, pieces), pieces: new Set(pieces.keys()) };
};
