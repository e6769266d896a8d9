// Which vectors are in a file? Tensors of the model's width by their names: a .safetensors, or a .json of numbers.
import { extname } from "node:path";
import { type Fault, type Faulty, fault, toF64 } from "@depass/graph";
import { openSafetensors, type SafetensorsFile } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Basis } from "../subspaces.ts";
import { all, allInTurn } from "./all.ts";
import { jsonIn } from "./messages.ts";
import { readText } from "./prompt.ts";

const wrong = (where: string, expected: string, got: string): readonly Fault[] => [
  fault("vectors", where, expected, got),
];

const at = (path: string, name: string): string => (name === "" ? path : `${path}: ${JSON.stringify(name)}`);

const isRow = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length > 0 && value.every((x) => typeof x === "number" && Number.isFinite(x));

/** One row, or several. Numbers of JSON may be too large for a double, and are then not finite. */
const basisIn =
  (path: string, hidden: number) =>
  ([name, value]: readonly [string, unknown]): E.Either<readonly Fault[], Basis> => {
    const rows: readonly unknown[] = Array.isArray(value) && value.some(Array.isArray) ? value : [value];
    if (!rows.every(isRow))
      return E.left(wrong(at(path, name), "rows of finite numbers, [[…], […]] or one […]", "others"));
    return rows.length <= hidden && rows.every(({ length }) => length === hidden)
      ? E.right({ name, rows })
      : E.left(wrong(at(path, name), `at most ${hidden} rows of ${hidden} numbers (the model's width)`, sizeOf(rows)));
  };

const sizeOf = (rows: readonly (readonly number[])[]): string =>
  `${rows.length} of ${[...new Set(rows.map(({ length }) => length))].slice(0, 4).join(", ")}`;

/** An array alone has no name. */
const inJson = (path: string, hidden: number): Faulty<readonly Basis[]> =>
  pipe(
    readText(path),
    TE.chainEitherK((text) => jsonIn(text, path)),
    TE.chainEitherK((json) => {
      const named = Array.isArray(json) ? [["", json] as const] : Object.entries(json ?? {});
      return typeof json === "object" && named.length > 0
        ? all(named.map(basisIn(path, hidden)))
        : E.left(wrong(path, '{ "name": [[…], […]] }, or rows alone', json === null ? "null" : typeof json));
    }),
  );

/** Sizes are known before anything of a tensor is read. */
const tensorIn =
  (file: SafetensorsFile, hidden: number) =>
  ([name, { shape }]: readonly [string, { readonly shape: readonly number[] }]): Faulty<Basis> => {
    const [count = 0, width] = shape.length === 1 ? [1, ...shape] : shape;
    const fits = (shape.length === 1 || shape.length === 2) && width === hidden && count >= 1 && count <= hidden;
    const expected = `a tensor [${hidden}] (the model's width) or [K, ${hidden}], K from 1 to ${hidden}`;
    if (!fits) return TE.left(wrong(at(file.path, name), expected, `[${shape.join(", ")}]`));
    return pipe(
      file.read(name),
      TE.map(toF64),
      TE.filterOrElse(
        (values) => values.every(Number.isFinite),
        () => wrong(at(file.path, name), "finite numbers", "others"),
      ),
      TE.map((values) => ({
        name,
        rows: Array.from({ length: count }, (_, k) => values.subarray(k * hidden, (k + 1) * hidden)),
      })),
    );
  };

const inSafetensors = (path: string, hidden: number): Faulty<readonly Basis[]> =>
  TE.bracket(
    openSafetensors(path),
    (file) => {
      const tensors = [...file.tensors];
      const rows = tensors.reduce((sum, [, { shape }]) => sum + (shape.length === 2 ? (shape[0] as number) : 1), 0);
      return rows >= 1 && rows <= hidden
        ? allInTurn(tensors.map(tensorIn(file, hidden)))
        : TE.left(wrong(path, `tensors of 1 to ${hidden} rows in all (the model's width)`, `${rows}`));
    },
    (file) => TE.fromTask(file.close),
  );

const readings: Readonly<Record<string, (path: string, hidden: number) => Faulty<readonly Basis[]>>> = {
  ".safetensors": inSafetensors,
  ".json": inJson,
};

const vectorsAt = (path: string, hidden: number): Faulty<readonly Basis[]> =>
  (readings[extname(path).toLowerCase()] ?? inJson)(path, hidden);

/** Bases by their names; of one without, its place. Faults: no such file, no tensors, other sizes, numbers that are not finite. */
export const basesAt = (path: string, hidden: number): Faulty<readonly Basis[]> =>
  pipe(
    vectorsAt(path, hidden),
    TE.map((bases) => bases.map(({ name, rows }) => ({ name: name === "" ? "subspace" : name, rows }))),
  );

/** The one vector of a file. Faults: the same, and more than one. */
export const directionAt = (path: string, hidden: number): Faulty<ArrayLike<number>> =>
  pipe(
    vectorsAt(path, hidden),
    TE.chainEitherK((found) => {
      const rows = found.flatMap((basis) => basis.rows);
      const [row] = rows;
      return rows.length === 1 && row !== undefined
        ? E.right(row)
        : E.left(wrong(path, "one direction", `${rows.length}`));
    }),
  );
