// Checkpoints of a base model alone: their names lack what the whole model puts before them (`wte.weight` instead of
// `transformer.wte.weight`, as GPT-2 has it on the hub). Here names of the whole model find tensors of either.
import type { Weights } from "./weights.ts";

/** Tensors that have the prefix keep their names; where none has it, a name is also found without it. */
export const underPrefix =
  (prefix: string) =>
  <W extends Weights>(weights: W): W => {
    const names = [...weights.tensors.keys()];
    if (names.some((name) => name.startsWith(prefix))) return weights;
    const bare = (name: string): string =>
      !weights.tensors.has(name) && name.startsWith(prefix) ? name.slice(prefix.length) : name;
    const { blocks, hasRows } = weights;
    return {
      ...weights,
      tensors: new Map([
        ...weights.tensors,
        ...[...weights.tensors].map(([name, info]) => [`${prefix}${name}`, info] as const),
      ]),
      read: (name) => weights.read(bare(name)),
      readRows: (name, first, count) => weights.readRows(bare(name), first, count),
      ...(hasRows === undefined ? {} : { hasRows: (name: string) => hasRows(bare(name)) }),
      ...(blocks === undefined ? {} : { blocks: (name: string) => blocks(bare(name)) }),
    };
  };
