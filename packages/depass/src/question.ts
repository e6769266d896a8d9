// What is asked of a prediction: one token's logit, how it differs from others' (why this and not that), or any direction.
// A score is a part's state times that direction; what all parts together explain is the same of the whole.
import { type Fault, type Faulty, fault, type Tensors, toF64 } from "@depass/graph";
import type { Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { explainedOutput } from "./explanation.ts";
import type { Reading } from "./reading.ts";
import type { Target } from "./result.ts";
import { likeliest, probabilityOf, type TargetChoice, targetId } from "./target.ts";

export type Question = {
  /** Default: the likeliest next token. */
  readonly target?: TargetChoice;
  /** What the target is told apart from: scores are then of its logit minus theirs, or minus the mean of theirs. */
  readonly foil?: TargetChoice | readonly TargetChoice[];
  /** A vector `[D]` in the space of normed states, in place of the target's row of the unembedding. */
  readonly direction?: ArrayLike<number>;
};

/** A question with the model's logits in hand. */
export type Answer = {
  readonly target: Target;
  readonly foils: readonly Target[];
  /** `[D]`, the logits' scale included. */
  readonly direction: Float64Array;
  /** What scores along it are to sum to. */
  readonly explained: number;
  /** What a gap is relative to: |explained|, or the target's logit where a difference or a share may be next to nothing. */
  readonly size: number;
};

const list = <A>(x: A | readonly A[] | undefined): readonly A[] =>
  x === undefined ? [] : Array.isArray(x) ? x : [x as A];

/** Ids of target and foils, as far as they are named. Faults: what is no token, a foil that is the target, a bad direction. */
export const checkQuestion = (
  { tokenizer, architecture }: Model,
  { target, foil, direction }: Question,
): E.Either<readonly Fault[], void> => {
  const idOf = (choice: TargetChoice) => targetId(choice, tokenizer, architecture.vocabulary);
  const { hidden } = architecture;
  const wrong = direction === undefined ? undefined : badDirection(direction, hidden);
  if (wrong !== undefined) return E.left([wrong]);
  if (direction !== undefined && list(foil).length > 0)
    return E.left([fault("target", "foil", "a target without a direction of one's own", "both")]);
  return pipe(
    [...list(target), ...list(foil)],
    E.traverseArray(idOf),
    E.chain((found) => {
      const ids = found.map(({ id }) => id);
      const twice = found.find(({ id }, i) => ids.indexOf(id) < i);
      return twice === undefined
        ? E.right(undefined)
        : E.left([
            fault("target", "foil", "another token than the target, each once", `${JSON.stringify(twice.text)}`),
          ]);
    }),
  );
};

const badDirection = (direction: ArrayLike<number>, hidden: number): Fault | undefined => {
  if (direction.length !== hidden)
    return fault("target", "direction", `${hidden} numbers (the model's width)`, `${direction.length}`);
  return Array.from(direction).every(Number.isFinite)
    ? undefined
    : fault("target", "direction", "finite numbers", "others");
};

/** Ids and texts of the target and the foils at a position with these logits. */
const named = ({ tokenizer, architecture }: Model, { target, foil }: Question, outputs: Tensors) => {
  const logits = outputs.logits?.data ?? [];
  const explained = outputs[explainedOutput(architecture)]?.data ?? [];
  const { softcap } = architecture;
  return pipe(
    [target ?? likeliest(logits), ...list(foil)],
    E.traverseArray((choice) => targetId(choice, tokenizer, architecture.vocabulary)),
    E.map((found) =>
      found.map(
        ({ id, text }): Target => ({
          id,
          text,
          logit: logits[id] as number,
          probability: probabilityOf(id, logits),
          ...(softcap !== undefined && { explained: { logit: explained[id] as number, softcap } }),
        }),
      ),
    ),
  );
};

const before = ({ logit, explained }: Target): number => explained?.logit ?? logit;
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, v, i) => sum + v * (b[i] as number), 0);

/** The direction of a question whose target is known by its id. Faults: those of reading the unembedding. */
const directionOf = (
  { architecture, checkpoint }: Model,
  own: Question["direction"],
  [target, ...foils]: readonly number[],
): Faulty<Float64Array> =>
  own !== undefined
    ? TE.right(Float64Array.from(own))
    : pipe(
        [target as number, ...foils],
        TE.traverseSeqArray((id) => pipe(checkpoint.readRows(architecture.unembedding, id, 1), TE.map(toF64))),
        TE.map(([row, ...others]) =>
          (row as Float64Array).map((w, d) => {
            const other = others.length === 0 ? 0 : mean(others.map((o) => o[d] as number));
            return architecture.logitScale * (w - other);
          }),
        ),
      );

/** The direction of a question that needs no logits to be understood; undefined where the likeliest token is meant. */
export const knownDirection = (
  model: Model,
  { target, foil, direction }: Question,
): Faulty<Float64Array> | undefined => {
  if (direction === undefined && target === undefined) return undefined;
  const { tokenizer, architecture } = model;
  return pipe(
    [...list(target), ...list(foil)],
    E.traverseArray((choice) => targetId(choice, tokenizer, architecture.vocabulary)),
    TE.fromEither,
    TE.chain((found) =>
      directionOf(
        model,
        direction,
        found.map(({ id }) => id),
      ),
    ),
  );
};

type Asked = Pick<Answer, "target" | "foils" | "direction">;

/** What the parts sum to: the logits' difference, or where these are not what is read, the product that gives it. */
const goalOf = ({ target, foils, direction }: Asked, outputs: Tensors, isProduct: boolean): number =>
  isProduct
    ? dot(toF64(outputs.normed as Tensors[string]), direction)
    : before(target) - (foils.length === 0 ? 0 : mean(foils.map(before)));

/**
 * `reading`: what was read, if not the last state. Faults: a foil that turns out to be the target, and those of reading the
 * unembedding.
 */
export const answered = (
  model: Model,
  question: Question,
  outputs: Tensors,
  { kind }: Pick<Reading, "kind"> = { kind: "state" },
): Faulty<Answer> =>
  pipe(
    TE.fromEither(named(model, question, outputs)),
    TE.filterOrElse(
      ([target, ...foils]) => foils.every(({ id }) => id !== target?.id),
      ([target]): readonly Fault[] => [
        fault(
          "target",
          "foil",
          "another token than the target",
          `${JSON.stringify(target?.text)}, which is the likeliest`,
        ),
      ],
    ),
    TE.bindTo("all"),
    TE.bind("direction", ({ all }) =>
      directionOf(
        model,
        question.direction,
        all.map(({ id }) => id),
      ),
    ),
    TE.map(({ all: [target, ...foils], direction }) => {
      const asked = { target: target as Target, foils, direction };
      const isShare = kind === "component";
      const explained = goalOf(asked, outputs, isShare || question.direction !== undefined);
      const isSmall = isShare || foils.length > 0;
      const size = Math.max(Math.abs(explained), isSmall ? Math.abs(before(asked.target)) : 0);
      return { ...asked, explained, size };
    }),
  );

/** |total - explained| relative to the size of what is explained. */
export const relativeGap = (total: number, { explained, size }: Pick<Answer, "explained" | "size">): number =>
  Math.abs(total - explained) / Math.max(size, Number.MIN_VALUE);

/** Scores along a direction, in f64: parts `[M, D]` → `[M]`. */
export const along = (parts: Float64Array, direction: Float64Array): readonly number[] => {
  const width = direction.length;
  return Array.from({ length: parts.length / width }, (_, m) =>
    direction.reduce((sum, w, d) => sum + w * (parts[m * width + d] as number), 0),
  );
};
