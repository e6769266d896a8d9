// Where are the parts read? At a state of the stream, through the last norm, as if the model stopped there (nostalgebraist
// 2020, logit lens); or in what one module, head or neuron adds to the stream, by what that alone gives to the normed state:
// direct logit attribution (Elhage et al. 2021), with the last norm's scale held at that of the whole stream.
import {
  constant,
  type Expr,
  equal,
  type Fault,
  fault,
  findSite,
  imageAt,
  iota,
  mul,
  reshape,
  rewrite,
  sitesOf,
  unnamed,
} from "@depass/graph";
import { type Architecture, site } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { layerIn, layerOf, sizeAt } from "./layer.ts";
import { near } from "./near.ts";

/** A layer's number (the state entering it), a state or module by its site, a head `L5H3`, a neuron `L5N120`. */
export type PlaceName = number | string;

export type Reading = {
  /** The same place by its one name: a site, or a head's or neuron's name. */
  readonly name: string;
  /** The site of it, or of what it is a slice of. */
  readonly site: string;
  /** States entering layers, and the last one, that there are up to it. */
  readonly states: number;
  /** `state`: all of the stream at a site. `component`: something that is added to it. */
  readonly kind: "state" | "component";
  /** `[T, D]`: what it gives to the last norm's output. */
  readonly normed: E.Either<readonly Fault[], Expr>;
};

type Read = E.Either<readonly Fault[], Reading>;

/** The stream entering each layer from one on, and the last norm. */
export const streamFrom = ({ layers }: Architecture, layer: number): readonly string[] => [
  ...Array.from({ length: layers - layer }, (_, i) => site.residPre(layer + i)),
  site.residFinal,
];

/** The state at a site of the stream, through the last norm with that state's own scale. */
export const lensAt = ({ normed }: Architecture, place: string): Expr => {
  const state = findSite({ normed }, place) as Expr;
  if (place === site.residFinal) return normed;
  const graph = rewrite({ normed }, (now, old) => {
    if (old.site === site.residFinal) return state;
    return now === old ? now : unnamed(now);
  });
  return graph.normed as Expr;
};

/** Whether a value is a summand of the last state as it is, by residual additions alone. */
const isAdded = ({ normed }: Architecture, place: string): boolean => {
  const open = [findSite({ normed }, site.residFinal)];
  const seen = new Set(open);
  for (let x = open.pop(); x !== undefined; x = open.pop()) {
    if (x.site === place) return true;
    for (const y of x.op === "add" ? x.inputs : [])
      if (!seen.has(y)) {
        seen.add(y);
        open.push(y);
      }
  }
  return false;
};

const written = (
  architecture: Architecture,
  place: string,
  value: (whole: Expr) => E.Either<readonly Fault[], Expr>,
) => {
  const { normed } = architecture;
  const whole = findSite({ normed }, place);
  return whole === undefined || !isAdded(architecture, place)
    ? E.left([fault("seed", place, "a model that adds this to its stream", "another")])
    : pipe(
        value(whole),
        E.chain((own) => imageAt(site.residFinal, () => own)({ normed })),
        E.map((images) => images.normed as Expr),
      );
};

/** A slice of what a module mixes: a head's values, a neuron's output. */
type Slice = {
  readonly of: (layer: number) => string;
  readonly into: (layer: number) => string;
  readonly axis: number;
  readonly what: string;
};

const slices: Readonly<Record<string, Slice>> = {
  H: { of: site.attnZ, into: site.attnOut, axis: -2, what: "heads" },
  N: { of: site.mlpPost, into: site.mlpOut, axis: -1, what: "neurons" },
};

const sliceAt = (architecture: Architecture, letter: string, layer: number, number: number): Read => {
  const { of, into, axis, what } = slices[letter] as Slice;
  const name = `L${layer}${letter}${number}`;
  return pipe(
    sizeAt(architecture, layer, of(layer), axis, what),
    E.filterOrElse(
      (size) => number < size,
      (size): readonly Fault[] => [fault("seed", "to", `one of the ${what} of layer ${layer}, 0 to ${size - 1}`, name)],
    ),
    E.map((size) => {
      const only = reshape(1, [size, ...new Array<number>(-axis - 1).fill(1)])(equal(iota(size), constant([number])));
      const own = (out: Expr) =>
        E.map((images: Readonly<Record<string, Expr>>) => images.out as Expr)(
          imageAt(of(layer), (all) => mul(only, all))({ out }),
        );
      return {
        name,
        site: of(layer),
        states: layer + 1,
        kind: "component",
        normed: written(architecture, into(layer), own),
      };
    }),
  );
};

const stateAt = (architecture: Architecture, place: string): Reading => ({
  name: place,
  site: place,
  states: (layerIn(place) ?? architecture.layers) + 1,
  kind: "state",
  normed: E.right(lensAt(architecture, place)),
});

const moduleAt = (architecture: Architecture, place: string): Reading => ({
  name: place,
  site: place,
  states: (layerIn(place) ?? architecture.layers) + 1,
  kind: "component",
  normed: written(architecture, place, E.right),
});

/** Whether what is read is made of the values at all these sites. */
export const isMadeOf = ({ normed }: Architecture, { site: read }: Reading, sites: readonly string[]): boolean => {
  const whole = findSite({ normed }, read);
  const known = new Set(whole === undefined ? [] : sitesOf({ whole }));
  return sites.every((name) => known.has(name));
};

/** Other words for the same: how parts are called, and the modules' plain names. */
const plain = (name: string): string =>
  name
    .trim()
    .replace(/^L(\d+) (?=[a-z])/, "layers.$1.")
    .replace(/^(layers\.\d+\.)attention$/, "$1attn_out")
    .replace(/^(layers\.\d+\.)mlp$/, "$1mlp_out");

const placesOf = ({ normed, layers }: Architecture): Readonly<Record<"state" | "module", readonly string[]>> => {
  const all = Array.from({ length: layers }, (_, l) => l);
  const known = (places: readonly string[]): readonly string[] =>
    places.filter((place) => findSite({ normed }, place) !== undefined);
  return {
    state: known([...all.flatMap((l) => [site.residPre(l), site.residMid(l)]), site.residFinal]),
    module: known(all.flatMap((l) => [site.attnOut(l), site.mlpOut(l)])),
  };
};

/** Faults: no such layer, state, module, head or neuron; the nearest names are told. */
export const readingOf = (architecture: Architecture, to: PlaceName): Read => {
  const number = typeof to === "number" || /^\s*-?\d+\s*$/.test(to) ? Number(to) : undefined;
  if (number !== undefined)
    return pipe(
      layerOf(architecture, number),
      E.bimap(
        ([wrong]) => [{ ...(wrong as Fault), where: "to" }],
        () => stateAt(architecture, site.residPre(number)),
      ),
    );
  const name = plain(`${to}`);
  const [, layer, letter, which] = /^L(\d{1,9})([HN])(\d{1,9})$/.exec(name) ?? [];
  if (letter !== undefined) return sliceAt(architecture, letter, Number(layer), Number(which));
  const places = placesOf(architecture);
  if (places.state.includes(name)) return E.right(stateAt(architecture, name));
  if (places.module.includes(name)) return E.right(moduleAt(architecture, name));
  const others = near(name, [...places.state, ...places.module, "L0H0", "L0N0"]).join(", ");
  const wanted = "a layer's number, a state, a module, a head such as L0H0 or a neuron such as L0N0";
  return E.left([fault("seed", "to", wanted, JSON.stringify(to), `the nearest names are ${others}`)]);
};
