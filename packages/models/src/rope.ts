// How fast does each pair of a head turn with the position? The `rope` part of a decoding configuration, in both
// spellings of the hub: `rope_theta` + `rope_scaling`, and the newer `rope_parameters`. What follows from it is in
// rotary.ts. Source: transformers, modeling_rope_utils.py.
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { decode, positiveInteger, positiveNumber } from "./config.ts";
import { clip, describe, isRecord } from "./describe.ts";
import {
  type Base,
  type Beside,
  type Fields,
  type Kind,
  kinds,
  optional,
  type Result,
  type Rope,
  wrong,
} from "./rope/kinds.ts";

export type { Rope } from "./rope/kinds.ts";

const LAYER_TYPES = ["full_attention", "sliding_attention"] as const;

/** What a family says of its ropes. */
export type RopeOptions = {
  /** Where nothing else is said: 10000 with most families' classes in transformers. */
  readonly defaultTheta?: number;
  /** Whether a part of each head may turn. */
  readonly mayBePartial?: boolean;
  /** Layers of each type have a rope of their own under rope_parameters; whose is asked for. */
  readonly layerType?: (typeof LAYER_TYPES)[number];
};

type Around = Required<Omit<RopeOptions, "layerType">> &
  Beside & { readonly theta: number | undefined; readonly partial: number | undefined };

/** Phi3's first name for longrope. */
const ALIASES: Readonly<Record<string, Kind>> = { su: "longrope" };

const kindOf = (fields: Fields, where: string): Result<Kind> => {
  const { type, rope_type: ropeType } = fields;
  if (type !== undefined && ropeType !== undefined && type !== ropeType) {
    return wrong(`${where}.type`, `the same as rope_type (${describe(ropeType)})`, type);
  }
  const name = ropeType ?? type ?? "default";
  const known = (Object.keys(kinds) as Kind[]).find((k) => k === name);
  const alias = typeof name === "string" && Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
  const names = Object.keys(kinds)
    .map((k) => JSON.stringify(k))
    .join(", ");
  const found = known ?? alias;
  return found === undefined
    ? wrong(`${where}.rope_type`, `one of ${names}`, name, "other kinds of scaling are not supported yet")
    : E.right(found);
};

const checkKeys = (fields: Fields, known: readonly string[], where: string): Result<void> => {
  const odd = Object.keys(fields).find((key) => !known.includes(key) && fields[key] !== null);
  return odd === undefined
    ? E.right(undefined)
    : wrong(`${where}.${clip(odd)}`, `one of ${known.join(", ")}`, fields[odd]);
};

/** A setting that may stand in a group, beside it, or in both alike. */
const agreed = (own: unknown, top: number | undefined, name: string, where: string): Result<number | undefined> =>
  pipe(
    decode(optional(positiveNumber))(own, `${where}.${name}`),
    E.flatMap(
      (found): Result<number | undefined> =>
        found !== undefined && top !== undefined && found !== top
          ? wrong(`${where}.${name}`, `the same as ${name} (${top})`, found)
          : E.right(found ?? top),
    ),
  );

const NO_PARTS = "partial rotation is not supported yet for this family";

const baseOf = (fields: Fields, around: Around, where: string): Result<Base> =>
  pipe(
    E.Do,
    E.bind("theta", () => agreed(fields.rope_theta, around.theta, "rope_theta", where)),
    E.bind("partial", () => agreed(fields.partial_rotary_factor, around.partial, "partial_rotary_factor", where)),
    E.flatMap(({ theta = around.defaultTheta, partial = 1 }): Result<Base> => {
      const isFine = partial === 1 || (around.mayBePartial && partial < 1);
      const wanted = around.mayBePartial ? "1 or less" : "1 or nothing";
      if (!isFine) return wrong(`${where}.partial_rotary_factor`, wanted, partial, NO_PARTS);
      return E.right(partial === 1 ? { theta } : { theta, partial });
    }),
  );

const decodeGroup = (group: unknown, around: Around, where: string): Result<Rope> => {
  if (!isRecord(group)) return wrong(where, "an object", group);
  return pipe(
    E.Do,
    E.bind("kind", () => kindOf(group, where)),
    E.bind("base", () => baseOf(group, around, where)),
    E.tap((found) => checkKeys(group, kinds[found.kind].keys, where)),
    E.flatMap((found) => kinds[found.kind].decode(group, found.base, around, where)),
  );
};

/** A group of settings and where it stands; none where it is not set. */
type Group = { readonly value: unknown; readonly where: string };

const groupOf = (config: Fields, key: string, { layerType }: RopeOptions, where: string): Group => {
  const outer = { value: config[key], where: `${where} at ${key}` };
  if (layerType === undefined || key !== "rope_parameters" || !isRecord(outer.value)) return outer;
  const inner = { value: outer.value[layerType], where: `${outer.where}.${layerType}` };
  const odd = Object.keys(outer.value).find((name) => !LAYER_TYPES.some((known) => known === name));
  return odd === undefined ? inner : { value: `${clip(odd)} beside ${LAYER_TYPES.join(" and ")}`, where: outer.where };
};

const isSet = ({ value }: Group): boolean => value !== undefined && value !== null;

const same = (a: Rope, b: Rope): boolean => JSON.stringify(a) === JSON.stringify(b);

const AROUND = {
  rope_theta: optional(positiveNumber),
  max_position_embeddings: optional(positiveInteger),
  original_max_position_embeddings: optional(positiveInteger),
  partial_rotary_factor: optional(positiveNumber),
};

const aroundOf = (config: Fields, options: RopeOptions, where: string): Result<Around> =>
  pipe(
    decode(t.type(AROUND))(config, where),
    E.map((found) => ({
      theta: found.rope_theta,
      defaultTheta: options.defaultTheta ?? 10_000,
      mayBePartial: options.mayBePartial ?? false,
      context: found.max_position_embeddings,
      originalContext: found.original_max_position_embeddings,
      partial: found.partial_rotary_factor,
    })),
  );

/**
 * The rope of a configuration, from its keys rope_theta, rope_scaling and rope_parameters, and those that may stand beside
 * them: max_position_embeddings, original_max_position_embeddings, partial_rotary_factor. `where` names the file.
 * Faults (tag `config`): another kind of scaling, a key it does not have, spellings that differ.
 */
export const decodeRope = (config: Fields, where: string, options: RopeOptions = {}): Result<Rope> =>
  pipe(
    aroundOf(config, options, where),
    E.flatMap((around): Result<Rope> => {
      const ropes = ["rope_parameters", "rope_scaling"]
        .map((key) => groupOf(config, key, options, where))
        .filter(isSet)
        .map((group) => decodeGroup(group.value, around, group.where));
      const [first, second] = ropes;
      if (first === undefined) return decodeGroup({}, around, where);
      if (second === undefined || E.isLeft(first)) return first;
      if (E.isLeft(second) || same(first.right, second.right)) return second;
      return wrong(`${where} at rope_scaling`, "the same as rope_parameters", "another rope", "keep the right one");
    }),
  );
