// The logits behind a text that grows: the model's graph with a cache of keys and values (graph/passes/cached.ts), prepared
// once. The cache lies on the host; every call takes it to the device and brings the rows of the new tokens back.
import {
  type Backend,
  type CacheEntry,
  cached,
  type Fault,
  type Faulty,
  type Graph,
  gather,
  i32,
  input,
  type Runner,
  type RunOptions,
  share,
  simplify,
  type Tensor,
  type Tensors,
  tensor,
} from "@depass/graph";
import type { Architecture, Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";

type Decoding = { readonly graph: Graph; readonly cache: readonly CacheEntry[]; readonly growing: boolean };

const [TOKENS, POSITION, LOGITS] = ["tokens", "position", "logits"];

/** `logits` `[1, V]` at one position of a piece, and the piece's keys and values. */
const decodingGraph = (architecture: Architecture): E.Either<readonly Fault[], Decoding> =>
  pipe(
    cached({ normed: architecture.normed }),
    E.chain(({ graph: { normed, ...pieces }, cache, growing }) => {
      const last = gather(-2, input(POSITION as string, [1], "i32"))(normed as Graph[string]);
      const graph = simplify(share({ [LOGITS as string]: architecture.unembed(last), ...pieces }));
      return E.map((simple: Graph) => ({ graph: simple, cache, growing }))(graph);
    }),
  );

/** One text. */
export type Sequence = {
  /** Puts ids behind the text: the logits `[V]` of what comes after them. */
  readonly read: (ids: readonly number[], options?: RunOptions) => Faulty<ArrayLike<number>>;
};

export type Decoder = {
  readonly start: () => Sequence;
  readonly dispose: () => void;
};

export type DecoderOptions = RunOptions & {
  /** Without a cache the whole text is computed for every token; the default is with one. */
  readonly cache?: boolean;
};

/** Compiles and uploads. Faults: a model that looks beyond attention at other tokens, and those of the backend. */
export const decoder = (
  model: Pick<Model, "architecture" | "weights">,
  backend: Backend,
  options: DecoderOptions = {},
): Faulty<Decoder> =>
  pipe(
    TE.fromEither(decodingGraph(model.architecture)),
    TE.chain((decoding) =>
      pipe(
        backend.prepare(decoding.graph, model.weights, options),
        TE.map(
          (runner): Decoder => ({
            start: () =>
              options.cache === false || decoding.growing ? again(runner, decoding) : remembering(runner, decoding),
            dispose: runner.dispose,
          }),
        ),
      ),
    ),
  );

/** Rows of one entry, with room for more. */
type Rows = { data: Float32Array | Float64Array; count: number };

const widthOf = ({ row }: CacheEntry): number => row.reduce<number>((n, d) => n * (d as number), 1);

const blank = (entry: CacheEntry): Rows => ({ data: new Float32Array(widthOf(entry)), count: 1 });

/** Twice the room when it is full, so that a text of n tokens is copied twice at most. */
const extend = (rows: Rows, width: number, more: Tensor): void => {
  const [used, added] = [rows.count * width, more.data.length];
  const fits = used + added <= rows.data.length && more.dtype === dtypeOf(rows.data);
  if (!fits) {
    const room = Math.max(rows.data.length, 2 * (used + added));
    const wider = more.dtype === "f64" ? new Float64Array(room) : new Float32Array(room);
    wider.set(rows.data.subarray(0, used));
    rows.data = wider;
  }
  rows.data.set(more.data, used);
  rows.count += added / width;
};

const dtypeOf = (data: Rows["data"]): "f32" | "f64" => (data instanceof Float64Array ? "f64" : "f32");

const pastOf = (cache: readonly CacheEntry[], known: readonly Rows[]): Tensors =>
  Object.fromEntries(
    cache.map((entry, i) => {
      const { data, count } = known[i] as Rows;
      const shape = [count, ...(entry.row as readonly number[])];
      return [entry.input, tensor(dtypeOf(data), shape, data.subarray(0, count * widthOf(entry)))];
    }),
  );

const inputsOf = (ids: readonly number[]): Tensors => ({
  [TOKENS as string]: i32([ids.length], ids),
  [POSITION as string]: i32([1], [ids.length - 1]),
});

const logitsIn = (outputs: Tensors): ArrayLike<number> => outputs[LOGITS as string]?.data ?? [];

/** Tokens of a piece: attention weights are heads x piece x text, 0.5 GB of them for 32 heads and 8,192 tokens. */
const PIECE = 512;

const remembering = (runner: Runner, { cache }: Decoding): Sequence => {
  const known = cache.map(blank);
  const piece = (ids: readonly number[], options?: RunOptions): Faulty<ArrayLike<number>> =>
    pipe(
      // The past is read when the task runs: the pieces before it are in it by then.
      TE.fromIO<Tensors, readonly Fault[]>(() => ({ ...inputsOf(ids), ...pastOf(cache, known) })),
      TE.chain((inputs) => runner.run(inputs, options)),
      TE.map((outputs) => {
        for (const [i, entry] of cache.entries())
          extend(known[i] as Rows, widthOf(entry), outputs[entry.output] as Tensor);
        return logitsIn(outputs);
      }),
    );
  return {
    read: (ids, options) => {
      const pieces = Array.from({ length: Math.ceil(ids.length / PIECE) }, (_, i) =>
        ids.slice(i * PIECE, (i + 1) * PIECE),
      );
      return pipe(
        pieces,
        TE.traverseSeqArray((own) => piece(own, options)),
        TE.map((all) => all.at(-1) ?? []),
      );
    },
  };
};

const again = (runner: Runner, { cache }: Decoding): Sequence => {
  const text: number[] = [];
  return {
    read: (ids, options) => {
      text.push(...ids);
      return pipe(runner.run({ ...inputsOf(text), ...pastOf(cache, cache.map(blank)) }, options), TE.map(logitsIn));
    },
  };
};
