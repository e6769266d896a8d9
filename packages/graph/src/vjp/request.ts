// What vjp() is asked for, and whether the graph has it: outputs by name, leaves and sites by name.
import { type Fault, fault } from "../error.ts";
import type { Expr, Graph } from "../expr.ts";
import { leavesOf } from "../sizes.ts";
import { nodesOf, sitesOf } from "../traverse.ts";

export type VjpOptions = {
  /**
   * The outputs that are differentiated. As a list: a scalar's cotangent is 1, another's is an input of its shape,
   * `cotangent.OUTPUT`. As a record: the cotangents themselves, which may read anything in the graph.
   */
  readonly of: readonly string[] | Readonly<Record<string, Expr>>;
  /** What they are differentiated by: weights and f32 inputs by name, other nodes by their site. */
  readonly wrt: readonly string[];
  /** Outputs of the graph that the result has too. */
  readonly keep?: readonly string[];
  /** `freeze` and frozen attention weights as constants, which gives the derivative that decompose() follows. */
  readonly frozen?: boolean;
};

export const gradientName = (name: string): string => `grad.${name}`;
export const cotangentName = (output: string): string => `cotangent.${output}`;

const isList = (of: VjpOptions["of"]): of is readonly string[] => Array.isArray(of);

export const outputNames = ({ of }: VjpOptions): readonly string[] => (isList(of) ? of : Object.keys(of));

/** The cotangent that was given for an output, if one was. */
export const givenCotangent = ({ of }: VjpOptions, output: string): Expr | undefined =>
  isList(of) || !Object.hasOwn(of, output) ? undefined : of[output];

const leafName = (x: Expr): string | undefined => (x.op === "input" || x.op === "weight" ? x.params.name : undefined);

/** The leaves of that name, all of them one tensor; else the node with that site. */
export const wantedNodes = (nodes: readonly Expr[], name: string): readonly Expr[] => {
  const leaves = nodes.filter((n) => leafName(n) === name);
  return leaves.length > 0 ? leaves : nodes.filter((n) => n.site === name);
};

const some = (names: readonly string[]): string => {
  const distinct = [...new Set(names)];
  const shown = distinct.slice(0, 12).join(", ");
  return distinct.length > 12 ? `${shown}, … (${distinct.length} in all)` : shown || "none";
};

const outputFaults = (graph: Graph, names: readonly string[]): readonly Fault[] =>
  names.flatMap((name) =>
    Object.hasOwn(graph, name)
      ? []
      : [fault("vjp", `output ${name}`, "an output of the graph", "none", `it has ${some(Object.keys(graph))}`)],
  );

const wantedFaults = (graph: Graph, name: string): readonly Fault[] => {
  const all = nodesOf(graph);
  const nodes = wantedNodes(all, name);
  const [first] = nodes;
  const where = `gradient by ${name}`;
  if (first === undefined) {
    const next = `leaves are ${some(all.flatMap((n) => leafName(n) ?? []))}; sites are ${some(sitesOf(graph))}`;
    return [fault("vjp", where, "an input, weight or site of the graph", "none", next)];
  }
  if (first.op === "input" && first.params.dtype === "i32")
    return [fault("vjp", where, "numbers that vary by little", "an i32 input", "ask for the table that it indexes")];
  return all.some((n) => n.site === name && !nodes.includes(n))
    ? [fault("vjp", where, "a name of one thing", "a leaf and the site of another node", "rename one")]
    : [];
};

/** Everything asked for that the graph does not have, and every name that would be given twice. */
export const requestFaults = (graph: Graph, options: VjpOptions): readonly Fault[] => {
  const [of, { wrt, keep = [] }] = [outputNames(options), options];
  const leaves = new Set(leavesOf(graph).map((leaf) => leaf.params.name));
  const once = (where: string): Fault => fault("vjp", where, "a name used once", "it twice", "rename one");
  return [
    ...(of.length === 0 ? [fault("vjp", "of", "at least one output", "none")] : []),
    ...(wrt.length === 0 ? [fault("vjp", "wrt", "at least one leaf or site", "none")] : []),
    ...outputFaults(graph, [...new Set([...of, ...keep])]),
    ...[...new Set(wrt)].flatMap((name) => wantedFaults(graph, name)),
    ...wrt.map(gradientName).flatMap((name) => (keep.includes(name) ? [once(`output ${name}`)] : [])),
    ...(isList(options.of) ? of.map(cotangentName) : []).flatMap((name) =>
      leaves.has(name) ? [once(`input ${name}`)] : [],
    ),
  ];
};
