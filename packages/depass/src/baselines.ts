// What is an explanation compared with? The methods that are in use beside DePass, as graphs on the same model: two on its
// gradients, two on its attention weights. None of them sums to the logit but integrated gradients, and that to a difference.
import {
  add,
  at,
  broadcast,
  check,
  div,
  type Expr,
  equal,
  type Fault,
  type Faulty,
  fault,
  findSite,
  type Graph,
  gradientName,
  input,
  intervene,
  iota,
  matmul,
  maximum,
  mul,
  nodesOf,
  type Runner,
  reshape,
  rewrite,
  type Shape,
  scalar,
  share,
  sub,
  sum,
  type Tensors,
  toF64,
  toGraph,
  unnamed,
  type VjpOptions,
  vjp,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";

type Result<A> = E.Either<readonly Fault[], A>;

/** What is differentiated; for an output that is no scalar the graph reads its cotangent `cotangent.OUTPUT`, as in vjp(). */
type Of = Pick<VjpOptions, "of">;

export type GradientTimesInputOptions = Of & {
  readonly sites: readonly string[];
  /** For some sites what their value is measured from, `x - from`; from zero where it is not given. */
  readonly from?: Readonly<Record<string, Expr>>;
};

/**
 * Gradient × input (Shrikumar et al. 2016, arXiv 1605.01713): a graph with an output for each site, of its name: the true
 * gradient times the value, summed over the last axis: `[…, D] → […, 1]`. With `from` it is the first-order guess of what
 * replacing the value does (attribution patching: Nanda 2023; Syed et al. 2023, arXiv 2310.10348).
 *
 *     const scores = scoresAlong(model.architecture);
 *     const graph = orThrow(gradientTimesInput({ scores }, { of: ["scores"], sites: [site.residPre(0)] }));
 *
 * Faults: those of vjp().
 */
export const gradientTimesInput = (
  source: Graph | Expr,
  { of, sites, from = {} }: GradientTimesInputOptions,
): Result<Graph> => {
  const graph = toGraph(source);
  const valueName = (site: string): string => `value ${site}`;
  const values = sites.flatMap((site) => {
    const found = findSite(graph, site);
    return found === undefined ? [] : [[valueName(site), found] as const];
  });
  return pipe(
    vjp({ ...graph, ...Object.fromEntries(values) }, { of, wrt: sites, keep: values.map(([name]) => name) }),
    E.map((found) =>
      Object.fromEntries(
        sites.map((site) => {
          const value = found[valueName(site)] as Expr;
          const origin = Object.hasOwn(from, site) ? from[site] : undefined;
          const moved = origin === undefined ? value : sub(value, origin);
          return [site, sum(-1)(mul(found[gradientName(site)] as Expr, moved))];
        }),
      ),
    ),
  );
};

export type IntegratedGradientsOptions = Of & {
  readonly site: string;
  /** Where the path begins, of the site's shape or broadcast to it. */
  readonly from: Expr;
};

/**
 * The integrand of integrated gradients (Sundararajan et al. 2017, arXiv 1703.01365, eq. 1) at one point of the straight path
 * from `from` to the value at the site, which the input `alpha` `[]` chooses: the output `integrand`, `[…, D] → […, 1]`.
 * alongPath() integrates it. All tokens move together. Faults: those of vjp(), a `from` of another shape.
 */
export const integratedGradients = (
  source: Graph | Expr,
  { of, site, from }: IntegratedGradientsOptions,
): Result<Graph> => {
  const graph = toGraph(source);
  const step = (value: Expr): Expr => add(from, mul(input("alpha", []), sub(value, from)));
  return pipe(
    intervene({ [site]: step })(graph),
    E.chain((path) => vjp(path, { of, wrt: [site] })),
    E.map((found) => {
      // What stands before the site is the same on the path and off it, but on the path the name is another value's.
      const value = unnamed(findSite(graph, site) as Expr);
      return share({ integrand: sum(-1)(mul(found[gradientName(site)] as Expr, sub(value, from))) });
    }),
  );
};

/**
 * The integral over alpha from 0 to 1, by the midpoints of `steps` equal pieces. For integrated gradients the values sum to
 * the output at the end of the path minus that at its beginning, the better the more steps.
 */
export const alongPath = (runner: Runner, inputs: Tensors, steps: number): Faulty<Float64Array> =>
  pipe(
    Array.from({ length: steps }, (_, i) => (i + 0.5) / steps),
    TE.traverseSeqArray((alpha) =>
      runner.run({ ...inputs, alpha: { dtype: "f32", shape: [], data: Float32Array.of(alpha) } }),
    ),
    TE.map((runs) => {
      const each = runs.map(({ integrand }) => toF64(integrand as Tensors[string]));
      return Float64Array.from(each[0] ?? [], (_, i) => each.reduce((all, one) => all + (one[i] as number), 0) / steps);
    }),
  );

/**
 * Attention rollout (Abnar & Zuidema 2020, arXiv 2005.00928, eq. 1): `[T, T]`, how much of token k flows to token q along
 * the attention weights, heads averaged, half of each layer being the residual stream. Rows sum to 1. It knows no target,
 * no values and no MLPs. Faults: a misshapen graph, no attention in it.
 */
export const attentionRollout = (source: Graph | Expr): Result<Expr> =>
  E.map(({ nodes, tokens }: Attention) =>
    nodes.reduce((flow, { weights, heads }) => {
      const mean = div(overHeads(weights, tokens), scalar(heads));
      return matmul(div(add(mean, identity(tokens)), 2), flow);
    }, identity(tokens)),
  )(attentionOf(toGraph(source)));

/**
 * Rollout of attention weights times their gradients (Chefer et al. 2021, arXiv 2103.15679, eq. 5 and 6): the output
 * `relevance`, `[T, T]`, row q for an output that is read at token q. Only what speaks for the output counts. Faults: those of vjp(), no attention in the graph.
 */
export const attentionGradientRollout = (source: Graph | Expr, { of }: Of): Result<Graph> => {
  const graph = withNamedAttention(toGraph(source));
  return pipe(
    attentionOf(graph),
    E.bindTo("attention"),
    E.bind("products", ({ attention: { nodes } }) => attentionTimesGradient(graph, of, nodes)),
    E.map(({ attention: { nodes, tokens }, products }) => {
      const layers = nodes.map(({ heads }, i) =>
        div(overHeads(maximum(products[i] as Expr, 0), tokens), scalar(heads)),
      );
      return { relevance: layers.reduce((flow, layer) => add(flow, matmul(layer, flow)), identity(tokens)) };
    }),
  );
};

type Weights = { readonly weights: Expr; readonly heads: number };
type Attention = { readonly nodes: readonly Weights[]; readonly tokens: Shape[number] };

/** All attention weights `[H, T, T]`, layer after layer. */
const attentionOf = (graph: Graph): Result<Attention> =>
  pipe(
    check(graph),
    E.chain((shapes) => {
      const nodes = nodesOf(graph).filter(({ op }) => op === "attentionWeights");
      const [first] = nodes;
      if (first === undefined) return E.left([fault("attention", "graph", "attention weights", "none")]);
      const shapeOf = (x: Expr): Shape => shapes.get(x) as Shape;
      return E.right({
        nodes: nodes.map((weights) => ({ weights, heads: shapeOf(weights).at(-3) as number })),
        tokens: shapeOf(first).at(-1) as Shape[number],
      });
    }),
  );

const attentionSite = (layer: number): string => `attention weights ${layer}`;

/** Gradients are asked for by names, and attention weights have none. */
const withNamedAttention = (graph: Graph): Graph => {
  let layer = 0;
  return rewrite(graph, (x) => (x.op === "attentionWeights" ? at(attentionSite(layer++))(x) : x));
};

const attentionTimesGradient = (
  graph: Graph,
  of: VjpOptions["of"],
  nodes: readonly Weights[],
): Result<readonly Expr[]> => {
  const sites = nodes.map((_, layer) => attentionSite(layer));
  const values = Object.fromEntries(nodes.map(({ weights }, layer) => [`value ${sites[layer]}`, weights]));
  return pipe(
    vjp({ ...graph, ...values }, { of, wrt: sites, keep: Object.keys(values) }),
    E.map((found) => sites.map((site) => mul(found[`value ${site}`] as Expr, found[gradientName(site)] as Expr))),
  );
};

/** `[H, T, T] → [T, T]`. */
const overHeads = (x: Expr, tokens: Shape[number]): Expr => reshape(3, [tokens, tokens])(sum(-3)(x));

const identity = (tokens: Shape[number]): Expr =>
  broadcast([tokens, tokens])(equal(reshape(1, [tokens, 1])(iota(tokens)), iota(tokens)));
