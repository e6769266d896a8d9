// In which inputs each op is linear: the mathematical facts that decompose() and the adjoints are built on, stated once.
// A row lists groups of inputs; the op is linear in all inputs of a group together while the others are held.
import type { Expr } from "./expr.ts";
import { applyRow, type Table } from "./table.ts";

type Groups = readonly (readonly number[])[];

const leaf = (): Groups => [];
const nonlinear = (): Groups => [];
const linear = (): Groups => [[0]];
const bilinear = (): Groups => [[0], [1]];
const additive = (node: { readonly inputs: readonly Expr[] }): Groups => [node.inputs.map((_, i) => i)];
const second = (): Groups => [[1]];

const groups: Table<readonly [], Groups> = {
  input: leaf,
  weight: leaf,
  constant: leaf,
  iota: leaf,
  size: leaf,
  neg: linear,
  exp: nonlinear,
  log: nonlinear,
  sqrt: nonlinear,
  sin: nonlinear,
  cos: nonlinear,
  tanh: nonlinear,
  erf: nonlinear,
  roundF32: nonlinear,
  add: additive,
  sub: additive,
  mul: bilinear,
  div: linear,
  maximum: nonlinear,
  less: nonlinear,
  equal: nonlinear,
  where: () => [[1, 2]],
  sum: linear,
  max: nonlinear,
  matmul: bilinear,
  reshape: linear,
  transpose: linear,
  broadcast: linear,
  slice: linear,
  concat: additive,
  gather: linear,
  scatterAdd: linear,
  freeze: linear,
  linear: bilinear,
  softmax: nonlinear,
  logSumExp: nonlinear,
  rmsScale: nonlinear,
  layerScale: nonlinear,
  rmsNorm: second,
  layerNorm: () => [[1, 2]],
  activate: nonlinear,
  gated: second,
  rope: () => [[0], [1, 2]],
  attentionWeights: nonlinear,
  attend: bilinear,
  topK: nonlinear,
  toExperts: bilinear,
  fromExperts: bilinear,
  tokenParts: linear,
  addToPart: additive,
  split: second,
  tokenRows: linear,
  seedRows: linear,
  attendRows: bilinear,
  addToRows: additive,
  splitRows: second,
  partsAt: linear,
  unpackRows: linear,
};

/** Groups of inputs in which this node is jointly linear. */
export const linearIn = (node: Expr): Groups => applyRow(groups, node);
