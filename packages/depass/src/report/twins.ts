// How faithful is a decomposition? Every node that carries parts, by how: exact, frozen or by the rule.
import type { Exactness, TwinReport } from "@depass/graph";

const meanings: Readonly<Record<Exactness, string>> = {
  exact: "linear in the parts as it is",
  frozen: "linear once a factor is taken from the whole",
  rule: "the sum is kept; the rule says who gets what",
};

const kinds = Object.keys(meanings) as readonly Exactness[];

/** `exact 61: …` for each kind, then a line per node, in the order of the graph. */
export const showTwins = (twins: readonly TwinReport[]): readonly string[] => {
  const widest = Math.max(0, ...twins.map((t) => t.node.length));
  return [
    `twins (${twins.length})`,
    ...kinds.map((k) => `${k.padEnd(6)} ${twins.filter((t) => t.exactness === k).length}: ${meanings[k]}`),
    "",
    ...twins.map(
      (t) => `${t.exactness.padEnd(6)}  ${t.site === undefined ? t.node : `${t.node.padEnd(widest)}  @ ${t.site}`}`,
    ),
  ];
};
