// Tokens through the maps that they have chosen, of many that lie behind each other in one buffer: an invocation looks up
// which map is its row's and reads no other. All sums are f32; maps are read in the type they are stored in.
import { type Dim, over, product, times } from "@depass/graph";
import { count, declareStorage, declareUniforms, flatY, groupParameters, type Kernel } from "../kernel.ts";
import { perIndex, type Result } from "./invocation.ts";
import { lines, range } from "./matmul/frame.ts";
import { declareOperand, load, loadIndex, notANumber, type Operand } from "./operand.ts";
import { declareWeights, type WeightType, type Width } from "./weights.ts";

/**
 * The places of the k largest of each row: `[…, N] → […, k]`. One invocation per row goes through it k times; each time it
 * takes the first of the largest that come behind the one before, by value and then by place.
 */
export const topK = (name: string, x: Operand, k: number): Kernel =>
  perIndex(name, product(x.shape.slice(0, -1)), [x], ([x0], sizes) => {
    const N = sizes.of(x.shape.at(-1) as Dim);
    return `  var last = 0.0;
  var at = 0u;
  for (var j = 0u; j < ${k}u; j++) {
    var most = 0.0;
    var place = ${N};
    for (var n = 0u; n < ${N}; n++) {
      let v = ${load(x0 as string, x, `i * ${N} + n`)};
      let behind = j == 0u || v < last || (v == last && n > at);
      if (behind && (place == ${N} || v > most)) { most = v; place = n; }
    }
    last = most;
    at = place;
    out[i * ${k}u + j] = f32(place);
  }`;
  });

/** Rows that an invocation computes in one column: those of one token mostly, which share what is read of its map. */
const rowsEach = 4;
const lanes = 64;

/** A map's matrix is `[outs, inner]`; a row of x has `slots` shares of `inner` columns, or one for all its slots. */
type Routed = {
  readonly name: Result;
  readonly x: Operand & { readonly dtype: WeightType };
  readonly maps: Operand & { readonly dtype: WeightType };
  readonly chosen: Operand;
  /** Columns of the result. */
  readonly columns: Dim;
  /** WGSL, for a column: which of a map's rows it is, and the first and last slot that go into it. */
  readonly mapRow: string;
  readonly firstSlot: string;
  readonly slotCount: string;
  /** WGSL, for a row `r` and a `slot`: how many times `inner` stand before its share of x. */
  readonly share: (row: string) => string;
};

const each = (line: (r: number) => string): string => lines(rowsEach, line);

/** Both loops over the sum: rows with one map read it once. */
const sums = (width: Width): string => {
  const term = (r: number, b: string): string => (width === 4 ? `dot(aAt(a${r} + d), ${b})` : `aAt(a${r} + d) * ${b}`);
  const isShared = range(rowsEach - 1)
    .map((r) => `map${r} == map${r + 1}`)
    .join(" && ");
  return `    if (${isShared}) {
      for (var d = 0u; d < steps; d++) {
        let b = bAt(b0 + d);
${each((r) => `        sum${r} += ${term(r, "b")};`)}
      }
    } else {
      for (var d = 0u; d < steps; d++) {
${each((r) => `        sum${r} += ${term(r, `bAt(b${r} + d)`)};`)}
      }
    }`;
};

/**
 * One invocation per column and four consecutive rows, neighbours on neighbouring columns; workgroup 64 x 1, no workgroup
 * memory. Rows past the end are read as the last one and not written; a map that is not there gives NaN.
 */
const routed = (p: Routed): Kernel => {
  const [experts, outs, inner] = p.maps.shape as readonly [Dim, Dim, Dim];
  const [tokens, slots] = p.chosen.shape as readonly [Dim, Dim];
  const rows = product(p.x.shape.slice(0, -1));
  const width: Width = typeof inner === "number" && inner % 4 === 0 ? 4 : 1;
  const { from: chosenFrom, ...chosen } = p.chosen;
  const outFrom = typeof p.name === "string" ? undefined : p.name.from;
  const uniforms = [
    { name: "rows", value: rows },
    { name: "columns", value: p.columns },
    { name: "tokens", value: tokens },
    { name: "slots", value: slots },
    { name: "experts", value: experts },
    { name: "outs", value: outs },
    { name: "inner", value: inner },
    ...(p.x.from === undefined ? [] : [{ name: "aFrom", value: over(p.x.from, width) }]),
    ...(chosenFrom === undefined ? [] : [{ name: "chosenFrom", value: chosenFrom }]),
    ...(outFrom === undefined ? [] : [{ name: "outFrom", value: outFrom }]),
  ];
  const asked = (r: number): string => {
    const place = `(row${r} % sizes.tokens) * sizes.slots + slot`;
    return loadIndex("chosen", chosen, chosenFrom === undefined ? place : `sizes.chosenFrom + ${place}`);
  };
  const to = (r: number): string => {
    const place = `(row + ${r}u) * sizes.columns + column`;
    return outFrom === undefined ? place : `sizes.outFrom + ${place}`;
  };
  return {
    name: typeof p.name === "string" ? p.name : p.name.name,
    bindings: ["read", "read", "read", "write"],
    uniforms,
    workgroups: [count(p.columns, lanes), count(rows, rowsEach), count(1)],
    axes: "xy",
    wgsl: `${declareWeights(0, "a", p.x.dtype, width, p.x.from === undefined ? undefined : "sizes.aFrom")}
${declareWeights(1, "b", p.maps.dtype, width)}
${declareOperand(2, "chosen", chosen)}
${declareStorage(3, "out", "array<f32>", "write")}
${declareUniforms(
  4,
  uniforms.map((u) => u.name),
)}
@compute @workgroup_size(${lanes})
fn main(${groupParameters}, @builtin(local_invocation_index) lane: u32) {
  let column = group.x * ${lanes}u + lane;
  let row = ${flatY} * ${rowsEach}u;
  if (column >= sizes.columns || row >= sizes.rows) { return; }
  let steps = sizes.inner / ${width}u;
  let mapRow = ${p.mapRow};
${each((r) => `  let row${r} = min(row + ${r}u, sizes.rows - 1u); var sum${r} = 0.0; var lost${r} = false;`)}
  let first = ${p.firstSlot};
  for (var slot = first; slot < first + ${p.slotCount}; slot++) {
${each(
  (r) => `    let asked${r} = ${asked(r)};
    let map${r} = min(asked${r}, sizes.experts - 1u);
    lost${r} = lost${r} || asked${r} != map${r};
    let a${r} = ${p.share(`row${r}`)} * steps; let b${r} = (map${r} * sizes.outs + mapRow) * steps;`,
)}
${sums(width)}
  }
${each((r) => `  if (row + ${r}u < sizes.rows) { out[${to(r)}] = select(sum${r}, ${notANumber("lane")}, lost${r}); }`)}
}
`,
  };
};

type Floats = Routed["x"];

/** `[…, T, D], [E, I, D], [T, k] → […, T, k·I]`: column j·I + i is row i of the map in slot j. */
export const toExperts = (name: Result, x: Floats, maps: Floats, chosen: Operand): Kernel =>
  routed({
    name,
    x,
    maps,
    chosen,
    columns: times(chosen.shape[1] as Dim, maps.shape[1] as Dim),
    mapRow: "column % sizes.outs",
    firstSlot: "column / sizes.outs",
    slotCount: "1u",
    share: (row) => row,
  });

/** `[…, T, k·I], [E, D, I], [T, k] → […, T, D]`: column d is the sum over the slots of row d of their maps. */
export const fromExperts = (name: Result, x: Floats, maps: Floats, chosen: Operand): Kernel =>
  routed({
    name,
    x,
    maps,
    chosen,
    columns: maps.shape[1] as Dim,
    mapRow: "column",
    firstSlot: "0u",
    slotCount: "sizes.slots",
    share: (row) => `(${row} * sizes.slots + slot)`,
  });
