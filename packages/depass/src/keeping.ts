// A backend on which what was prepared stays ready: for many prompts that ask for the same graphs.
import type { Backend, Graph, Runner } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";

/**
 * The backend, but that a graph is prepared once, however often it is asked for: the same object, not an equal one. A runner's
 * `dispose` does nothing; `close` lets go of all of them and leaves the backend itself open.
 */
export const keeping = (backend: Backend): Backend => {
  const kept = new Map<Graph, Runner>();
  return {
    ...backend,
    prepare: (graph, weights, options) => {
      const known = kept.get(graph);
      return known !== undefined
        ? TE.right({ ...known, dispose: () => undefined })
        : pipe(
            backend.prepare(graph, weights, options),
            TE.map((runner) => {
              kept.set(graph, runner);
              return { ...runner, dispose: () => undefined };
            }),
          );
    },
    close: () => {
      for (const runner of kept.values()) runner.dispose();
      kept.clear();
    },
  };
};
