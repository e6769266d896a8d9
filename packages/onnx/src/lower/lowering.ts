// What the rows of lower.ts are written with: their context, and a value as another type.
import type { Expr, Shape } from "@depass/graph";
import type { Builder, ElementType, Value } from "./builder.ts";
import { elementTypes, int } from "./proto.ts";

/** What a row gets: its operands as they are and as numbers, the shapes, and where nodes go. */
export type Lowering = {
  readonly builder: Builder;
  readonly operand: (i: number) => Value;
  /** An operand as f32. */
  readonly number: (i: number) => string;
  readonly shapeOf: (x: Expr) => Shape;
  readonly shape: Shape;
  /** The name the node's value is to have; absent where any will do. */
  readonly name: string | undefined;
};

export const f32 = (name: string): Value => ({ name, type: "f32" });

const cast = (b: Builder, name: string, to: ElementType): string =>
  b.emit("Cast", [name], [int("to", elementTypes[to])]);

/** The value as another type. */
export const as = (b: Builder, { name, type }: Value, to: ElementType): string =>
  type === to ? name : cast(b, name, to);
