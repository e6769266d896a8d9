// What every backend owes to tensors that stay with it: laws by name, to be run on each. Whatever way a tensor goes, by the
// host or not, a run gives the same; a handle is good until it is disposed of, and never after.
import * as E from "fp-ts/lib/Either.js";
import { type Backend, type Runner, weightsOf } from "../backend.ts";
import { type Fault, orThrow, showFaults } from "../error.ts";
import { evaluate } from "../evaluate.ts";
import type { Graph } from "../expr.ts";
import { linear } from "../nn.ts";
import { disposeAll, isResident, newShelf, type Resident, type Residents, readAll, type Values } from "../resident.ts";
import type { Tensors } from "../sizes.ts";
import * as s from "../syntax.ts";
import { f32, i32, type Tensor } from "../tensor.ts";
import { close } from "./close.ts";
import { noise } from "./values.ts";

type Law = { readonly name: string; readonly holds: (backend: Backend) => Promise<void> };

const x = s.input("x", ["T", 3]);
const w = s.weight("w", [3, 3]);
const ids = s.input("ids", ["N"], "i32");
const y = s.exp(linear(w)(x));

/** Outputs of every kind: computed, the same one again, read otherwise, an input, a weight, ids, sizes alone. */
const first: Graph = {
  y,
  again: y,
  flat: s.reshape(2, ["T", 1, 3])(y),
  x,
  w,
  ids,
  later: s.add(ids, 1),
  places: s.iota("T"),
};

const second: Graph = {
  sum: s.add(s.add(y, s.input("z", ["T", 3])), s.reshape(1, ["T", 1])(s.input("places", ["T"]))),
  rows: s.gather(-2, ids)(x),
  half: s.mul(s.input("count", ["N"], "i32"), 0.5),
};

const numbers = (n: number, seed: number): readonly number[] => Array.from({ length: n }, (_, i) => noise(i, seed));

const weights = { w: f32([3, 3], numbers(9, 1)) };
const given = (T: number): Tensors => ({ x: f32([T, 3], numbers(3 * T, T)), ids: i32([2], [1, 0]) });

const prepared = async (backend: Backend, graph: Graph): Promise<Runner> =>
  orThrow(await backend.prepare(graph, weightsOf(weights))());

const kept = async (runner: Runner, inputs: Values): Promise<Residents> => orThrow(await runner.runResident(inputs)());

const told = (result: E.Either<readonly Fault[], unknown>): string =>
  E.isLeft(result) ? showFaults(result.left) : "no fault";

const mustSay = (result: E.Either<readonly Fault[], unknown>, expected: string): void => {
  if (!told(result).includes(expected)) throw new Error(`"${told(result)}", which does not say "${expected}"`);
};

const same = (actual: Tensors, expected: Tensors): void => {
  const names = [actual, expected].map((t) => Object.keys(t).sort().join(" "));
  if (names[0] !== names[1]) throw new Error(`${names[0]}, expected ${names[1]}`);
  for (const [name, t] of Object.entries(expected))
    try {
      close(actual[name] as Tensor, t, { rtol: 1e-5, of: "largest" });
    } catch (e) {
      throw new Error(`${name}: ${(e as Error).message}`);
    }
};

const expected = (graph: Graph, inputs: Tensors): Tensors => orThrow(evaluate(graph, { ...inputs, ...weights }));

export const residencyLaws: readonly Law[] = [
  {
    name: "what stays is what a run would have given",
    holds: async (backend) => {
      const runner = await prepared(backend, first);
      for (const T of [4, 2, 4]) {
        const outputs = await kept(runner, given(T));
        if (!Object.values(outputs).every(isResident)) throw new Error("an output that is not resident");
        same(orThrow(await readAll(outputs)()), expected(first, given(T)));
        disposeAll(outputs);
      }
      runner.dispose();
    },
  },
  {
    name: "a run reads what another left as if it had come by the host, in place and as another type",
    holds: async (backend) => {
      const [a, b] = [await prepared(backend, first), await prepared(backend, second)];
      const { flat, again, ...outputs } = await kept(a, given(3));
      const { y: z, places, later, x: input, ids: i } = outputs as Record<string, Resident>;
      const inputs = { x: input, z, places, ids: later, count: later } as Values;
      const host: Tensors = {
        ...orThrow(await readAll({ x: input, z, places } as Residents)()),
        ids: i32([2], [2, 1]),
        count: i32([2], [2, 1]),
      };
      same(orThrow(await b.run(inputs)()), expected(second, host));
      // The same tensor under two names, one that stays beside one from the host, ids as numbers.
      const others = { ...host, x: z, z, ids: i, count: later } as Values;
      same(orThrow(await b.run(others)()), {
        ...expected(second, { ...host, x: host.z as Tensor, ids: i32([2], [1, 0]) }),
      });
      const numbered = { ...host, places: i, x: f32([2, 3], numbers(6, 3)), z: f32([2, 3], numbers(6, 4)) } as Values;
      same(orThrow(await b.run({ ...numbered, ids: i as Resident })()), {
        ...expected(second, { ...(numbered as Tensors), places: f32([2], [1, 0]), ids: i32([2], [1, 0]) }),
      });
      same(orThrow(await readAll({ flat, again } as Residents)()), {
        flat: { ...(host.z as Tensor), shape: [3, 1, 3] },
        again: host.z as Tensor,
      });
      disposeAll({ flat, again, ...outputs } as Residents);
      for (const r of [a, b]) r.dispose();
    },
  },
  {
    name: "what stays is not written to by later runs, and outlives its runner",
    holds: async (backend) => {
      const runner = await prepared(backend, first);
      const inputs = [1, 2, 3, 4, 5].map((seed) => ({ ...given(3), x: f32([3, 3], numbers(9, 40 + seed)) }));
      const all: Residents[] = [];
      for (const [i, one] of inputs.entries()) {
        all.push(await kept(runner, one));
        await runner.run(one)();
        // The outputs of a run are used again once they are let go: those of every second run are, one after the other.
        if (i % 2 === 1) disposeAll(all[i] as Residents);
      }
      runner.dispose();
      for (const [i, one] of inputs.entries())
        if (i % 2 === 0) same(orThrow(await readAll(all[i] as Residents)()), expected(first, one));
      for (const outputs of all) disposeAll(outputs);
    },
  },
  {
    name: "what was disposed of is neither run on nor read; disposing twice is disposing once",
    holds: async (backend) => {
      const runner = await prepared(backend, { y });
      const { y: gone } = (await kept(runner, given(2))) as { readonly y: Resident };
      const { y: there } = (await kept(runner, given(2))) as { readonly y: Resident };
      gone.dispose();
      gone.dispose();
      const what = "expected a resident tensor that was not disposed of, got one that was";
      mustSay(await runner.run({ x: gone })(), `input x: ${what}`);
      mustSay(await runner.runResident({ x: gone })(), `input x: ${what}`);
      mustSay(await gone.read(), what);
      const copy = orThrow(await there.read());
      there.dispose();
      await runner.run({ x: f32([2, 3], numbers(6, 5)) })();
      const { y: next } = await kept(runner, given(2));
      const { y: wanted } = expected({ y }, given(2)) as { readonly y: Tensor };
      same({ copy, ...orThrow(await readAll({ next } as Residents)()) }, { copy: wanted, next: wanted });
      disposeAll({ next } as Residents);
      runner.dispose();
    },
  },
  {
    name: "disposing while a run reads takes nothing from it",
    holds: async (backend) => {
      const runner = await prepared(backend, { y });
      const { y: read } = (await kept(runner, given(2))) as { readonly y: Resident };
      const host = orThrow(await read.read());
      const running = runner.run({ x: read })();
      const other = kept(runner, given(2));
      read.dispose();
      const all = { late: (await kept(runner, given(2))).y, ...(await other) } as Residents;
      same(orThrow(await running), expected({ y }, { x: host }));
      const { y: wanted } = expected({ y }, given(2)) as { readonly y: Tensor };
      same(orThrow(await readAll(all)()), { y: wanted, late: wanted });
      disposeAll(all);
      runner.dispose();
    },
  },
  {
    name: "shapes and ids are looked at, and a tensor of another backend is refused",
    holds: async (backend) => {
      const [a, b] = [await prepared(backend, { y, ids }), await prepared(backend, second)];
      const far = await kept(a, { ...given(2), ids: i32([2], [0, 3]) });
      const { y: z, ids: there } = far as { readonly y: Resident; readonly ids: Resident };
      const count = i32([2], [0, 0]);
      const host = { x: given(2).x as Tensor, z, places: f32([2], [0, 1]), count, ids: count };
      mustSay(await b.run({ ...host, ids: there })(), "input ids[1]: expected a whole number below T = 2, got 3");
      mustSay(await b.run({ ...host, places: z })(), "input places: expected [T] with T = 2");
      mustSay(await b.run({ ...host, count: z })(), "input count: expected [N] with T = 2, N = 2, got [2, 3]");
      const strange = newShelf<Tensor>(() => () => Promise.resolve(E.left([]))).put(z, host.x, () => undefined);
      mustSay(
        await b.run({ ...host, z: strange })(),
        "input z: expected a resident tensor of this backend, got one of another; read() it and give the copy",
      );
      disposeAll(far);
      for (const r of [a, b]) r.dispose();
    },
  },
];
