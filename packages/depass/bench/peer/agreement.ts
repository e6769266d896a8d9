// Do both sides compute the same? Our parts of the normed state against the peer's, as one number: the norm of the difference
// over the norm of the peer's. The peer saves [tokens, parts, D] without the remainder; ours are [parts, positions, D].
import { type Fault, type Faulty, fault, type Tensor } from "@depass/graph";
import { openSafetensors } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { relativeError } from "../../conformance/compare.ts";

export type Agreement = {
  /** At the last position. */
  readonly last: number;
  /** At all positions, where both tell them. */
  readonly all?: number;
};

/** Above this they differ by more than f32 rounding, which a temperature of 0.1 multiplies by ten in every layer's gates. */
export const tolerance = 1e-3;

const readParts = (path: string): Faulty<Tensor> =>
  pipe(
    openSafetensors(path),
    TE.chain((file) => async () => {
      const parts = await file.read("parts")();
      await file.close();
      return parts;
    }),
  );

/** `[parts, positions, D]` as the peer has them at those positions: `[positions, named, D]`. */
const asPeers = ({ shape, data }: Tensor, named: number): Float64Array => {
  const [, positions, D] = shape as readonly [number, number, number];
  const out = new Float64Array(positions * named * D);
  for (let n = 0; n < positions; n++)
    for (let m = 0; m < named; m++)
      for (let d = 0; d < D; d++) out[(n * named + m) * D + d] = data[(m * positions + n) * D + d] as number;
  return out;
};

/** Faults: shapes that do not belong together. */
export const agreementOf = (ours: Tensor, peers: Tensor): E.Either<readonly Fault[], Agreement> => {
  const [tokens = 0, named = 0, D = 0] = peers.shape;
  const [parts = 0, positions = 0, width = 0] = ours.shape;
  if (parts < named || width !== D || (positions !== 1 && positions !== tokens))
    return E.left([fault("bench", "the peer's parts", `shapes like ours [${ours.shape}]`, `[${peers.shape}]`)]);
  const own = asPeers(ours, named);
  const last = relativeError(own.subarray(-named * D), Float64Array.from(peers.data).subarray(-named * D));
  return E.right(positions === tokens ? { last, all: relativeError(own, peers.data) } : { last });
};

/** The files that one turn of either side saved. */
export const agreementIn = (ours: string, peers: string): Faulty<Agreement> =>
  pipe(
    TE.Do,
    TE.bind("own", () => readParts(ours)),
    TE.bind("other", () => readParts(peers)),
    TE.chainEitherK(({ own, other }) => agreementOf(own, other)),
  );
