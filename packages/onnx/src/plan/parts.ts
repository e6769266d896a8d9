// A segment's graph as the programs that compute it: one, or where its chunks are apart one for what they share and one each.
import { check, type Expr, type Fault, type Graph } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type Program, program } from "../lower/program.ts";
import { chunkByChunk } from "../tiles/apart.ts";
import type { Tables } from "../tiles/tiling.ts";
import { freeNodes, type Segment, segmentedAt } from "./segments.ts";

/** What a name of a part stands for: an input or output of the whole graph, or a value that only its parts know. */
export type Own = { readonly kind: "input" | "output" | "between"; readonly name: string };

export type Part = {
  readonly program: Program;
  readonly tables: Tables;
  readonly sources: ReadonlyMap<string, Own>;
  readonly outputs: ReadonlyMap<string, Own>;
  readonly checks: readonly string[];
};

export type Whole = {
  readonly graph: Graph;
  readonly tables: Tables;
  readonly checks: readonly string[];
  readonly owners: ReadonlyMap<Expr, number>;
};

const onePart = ({ graph, tables, checks }: Whole): E.Either<readonly Fault[], readonly Part[]> =>
  pipe(
    program(graph),
    E.map((own) => {
      const outputs = Object.keys(graph).filter((name) => !checks.includes(name));
      return [
        {
          program: own,
          tables,
          sources: new Map(own.inputs.map(({ params: { name } }) => [name, { kind: "input" as const, name }])),
          outputs: new Map(outputs.map((name) => [name, { kind: "output" as const, name }])),
          checks,
        },
      ];
    }),
  );

/** `given`: the outputs of the whole graph by the values they are. */
const partOf = (segment: Segment, whole: Whole, given: ReadonlyMap<string, string>): E.Either<readonly Fault[], Part> =>
  pipe(
    program(segment.graph),
    E.map((own): Part => {
      const valueOf = (value: string): Own => {
        const name = given.get(value);
        return name === undefined ? { kind: "between", name: value } : { kind: "output", name };
      };
      const isCheck = (value: string): boolean => whole.checks.includes(given.get(value) ?? "");
      const sources = [...segment.sources].map(([local, { kind, name }]): readonly [string, Own] => [
        local,
        kind === "value" ? valueOf(name) : { kind: "input", name },
      ]);
      const tables = sources.flatMap(([local, { kind, name }]) => {
        const table = kind === "input" ? whole.tables[name] : undefined;
        return table === undefined ? [] : [[local, table] as const];
      });
      const outputs = [...segment.outputs];
      return {
        program: own,
        tables: Object.fromEntries(tables),
        sources: new Map<string, Own>(sources),
        outputs: new Map(outputs.flatMap(([local, value]) => (isCheck(value) ? [] : [[local, valueOf(value)]]))),
        checks: outputs.flatMap(([local, value]) => (isCheck(value) ? [local] : [])),
      };
    }),
  );

/** Faults: a misshapen graph. */
export const partsOf = (whole: Whole): E.Either<readonly Fault[], readonly Part[]> => {
  const { graph, owners } = whole;
  // A value that is two outputs would need two names.
  const isTwice = new Set(Object.values(graph)).size < Object.keys(graph).length;
  if (owners.size === 0 || isTwice) return onePart(whole);
  return pipe(
    check(graph),
    E.chain((shapes) => {
      const isFree = freeNodes(graph);
      const { nodes, cuts } = chunkByChunk(graph, owners, isFree);
      const { segments, outputs } = segmentedAt(graph, shapes, nodes, cuts, isFree);
      const given = new Map(Object.entries(outputs).map(([name, value]) => [value, name]));
      return E.traverseArray((s: Segment) => partOf(s, whole, given))(segments);
    }),
  );
};
