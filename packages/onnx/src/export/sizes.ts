// How does a file know its sizes? A symbol is a dimension of some input, read by Shape when the file runs; a polynomial in
// symbols is computed from there in int64, each once.
import { type Dim, type Fault, fault, type Polynomial, type Shape, showShape } from "@depass/graph";
import type { Builder, SizeSource } from "../lower/builder.ts";
import { int } from "../lower/proto.ts";
import type { Take } from "./names.ts";

export type NamedShape = { readonly name: string; readonly shape: Shape };

export type SizeNodes = {
  readonly source: SizeSource;
  /** One for each symbol that was asked for and that no input tells. */
  readonly faults: () => readonly Fault[];
};

type Place = { readonly input: string; readonly axis: number };

/** A dimension that is one bare symbol. */
const symbolOf = (d: Dim): string | undefined => {
  const [only, ...others] = typeof d === "number" ? [] : (d.terms[0]?.symbols ?? []);
  return others.length === 0 && typeof d !== "number" && only === d.text ? only : undefined;
};

const placesIn = (inputs: readonly NamedShape[]): ReadonlyMap<string, Place> => {
  const places = new Map<string, Place>();
  for (const { name, shape } of inputs)
    shape.forEach((d, axis) => {
      const symbol = symbolOf(d);
      if (symbol !== undefined && !places.has(symbol)) places.set(symbol, { input: name, axis });
    });
  return places;
};

const untold = (symbol: string, inputs: readonly NamedShape[]): Fault =>
  fault(
    "onnx",
    `size ${symbol}`,
    `an input that has ${symbol} as a dimension`,
    inputs.map(({ name, shape }) => `${name} ${showShape(shape)}`).join(", ") || "no input at all",
    "a file computes its sizes from the shapes of its inputs; give the graph such an input",
  );

/** Sums and products of `[1]` tensors; coefficients are whole over a common divisor, which divides exactly. */
const polynomial = ({ terms, text }: Polynomial, symbol: (s: string) => string, b: Builder, take: Take): string => {
  const combined = (opType: string, operands: readonly string[], name?: string): string =>
    operands.reduce((x, y, i) => b.emit(opType, [x, y], [], i + 1 === operands.length ? name : undefined));
  const divisor = terms.reduce((m, t) => m * t.over, 1);
  const parts = terms.map(({ numerator, over, symbols }) => {
    const factor = (numerator * divisor) / over;
    return combined("Mul", [
      ...(factor === 1 && symbols.length > 0 ? [] : [b.int64s([factor])]),
      ...symbols.map(symbol),
    ]);
  });
  const sum = combined("Add", parts);
  return divisor === 1 ? sum : b.emit("Div", [sum, b.int64s([divisor])], [], take(`size/${text}`));
};

export const sizeNodes = (inputs: readonly NamedShape[], take: Take): SizeNodes => {
  const places = placesIn(inputs);
  const known = new Map<string, string>();
  const missing = new Set<string>();
  const once = (text: string, make: () => string): string => {
    const found = known.get(text) ?? make();
    known.set(text, found);
    return found;
  };
  const symbolIn =
    (b: Builder) =>
    (symbol: string): string =>
      once(symbol, () => {
        const place = places.get(symbol);
        if (place === undefined) missing.add(symbol);
        const { input, axis } = place ?? { input: "", axis: 0 };
        return b.emit("Shape", [input], [int("start", axis), int("end", axis + 1)], take(`size/${symbol}`));
      });
  const one = (d: Dim, b: Builder): string =>
    typeof d === "number" ? b.int64s([d]) : once(d.text, () => polynomial(d, symbolIn(b), b, take));
  return {
    source: (dims, b) => {
      const parts = dims.map((d) => one(d, b));
      return parts.length === 1 ? (parts[0] as string) : b.emit("Concat", parts, [int("axis", 0)]);
    },
    faults: () => [...missing].map((symbol) => untold(symbol, inputs)),
  };
};
