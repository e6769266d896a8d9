// Expressions whose every element is one known number, whatever their shape.
import type { Expr } from "./expr.ts";

/** A constant of that value, broadcast or not. */
export const isAll = (value: number, x: Expr): boolean => {
  let behind = x;
  while (behind.op === "broadcast") behind = behind.inputs[0] as Expr;
  return behind.op === "constant" && behind.params.values.every((v) => v === value);
};
