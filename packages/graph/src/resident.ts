// Tensors that stay where a backend computed them, from the run that gives them to the runs that read them. What stands
// behind a handle (a GPU buffer, an array) a backend keeps to itself, on a shelf; a user holds handles, and says when one
// is done with. A handle that is lost counts as done with, once the garbage collector finds it.
import * as E from "fp-ts/lib/Either.js";
import { type Fault, type Faulty, fault } from "./error.ts";
import type { Tensor } from "./tensor.ts";

export type Resident = {
  readonly dtype: Tensor["dtype"];
  readonly shape: readonly number[];
  /** A copy on the host. Faults: it was disposed of. */
  readonly read: Faulty<Tensor>;
  /** Gives its memory back, once no run reads it any more; a second time does nothing. */
  readonly dispose: () => void;
};

export type Residents = Readonly<Record<string, Resident>>;

/** What a run reads: tensors from the host, and tensors that are there already. */
export type Values = Readonly<Record<string, Tensor | Resident>>;

export const isResident = (value: Tensor | Resident | undefined): value is Resident =>
  value !== undefined && "dispose" in value;

/** What stands behind one handle: in use while runs read it, freed when it is disposed of and nobody does. */
type Kept<A> = { readonly value: A; readonly free: () => void; readers: number; state: "kept" | "disposed" | "freed" };

const settle = <A>(kept: Kept<A>): void => {
  if (kept.state !== "disposed" || kept.readers > 0) return;
  kept.state = "freed";
  kept.free();
};

const disposeOf = <A>(kept: Kept<A>): void => {
  if (kept.state === "kept") kept.state = "disposed";
  settle(kept);
};

const disposed = (where: string): Fault =>
  fault("disposed", where, "a resident tensor that was not disposed of", "one that was");

const foreign = (where: string): Fault =>
  fault("resident", where, "a resident tensor of this backend", "one of another", "read() it and give the copy");

/** The resident tensors of one backend. */
export type Shelf<A> = {
  /** A handle to a value. `free` runs once: when it was disposed of and nothing reads it. */
  readonly put: (about: Pick<Tensor, "dtype" | "shape">, value: A, free: () => void) => Resident;
  /** What stands behind the residents among a run's inputs; kept until `use` is over, whoever disposes of it meanwhile. */
  readonly lend: <B>(
    inputs: Values,
    use: (tensors: Readonly<Record<string, Tensor>>, lent: Readonly<Record<string, A>>) => Promise<Answer<B>>,
  ) => Faulty<B>;
};

type Answer<B> = E.Either<readonly Fault[], B>;

/** `read` copies a value to the host. */
export const newShelf = <A>(read: (value: A) => Faulty<Tensor>): Shelf<A> => {
  const all = new WeakMap<Resident, Kept<A>>();
  const lost = new FinalizationRegistry<Kept<A>>(disposeOf);

  const reading = async <B>(kept: readonly Kept<A>[], use: () => Promise<Answer<B>>): Promise<Answer<B>> => {
    for (const k of kept) k.readers++;
    try {
      return await use();
    } finally {
      for (const k of kept) k.readers--;
      kept.forEach(settle);
    }
  };

  return {
    put: ({ dtype, shape }, value, free) => {
      const kept: Kept<A> = { value, free, readers: 0, state: "kept" };
      const resident: Resident = {
        dtype,
        shape,
        read: async () =>
          kept.state === "kept" ? reading([kept], read(value)) : E.left([disposed("a tensor that is read")]),
        dispose: () => disposeOf(kept),
      };
      all.set(resident, kept);
      lost.register(resident, kept);
      return resident;
    },
    lend: (inputs, use) => async () => {
      const entries = Object.entries(inputs);
      const tensors = entries.flatMap(([name, v]) => (isResident(v) ? [] : [[name, v] as const]));
      const residents = entries.flatMap(([name, v]) => (isResident(v) ? [[name, all.get(v)] as const] : []));
      const faults = residents.flatMap(([name, kept]) => {
        if (kept === undefined) return [foreign(`input ${name}`)];
        return kept.state === "kept" ? [] : [disposed(`input ${name}`)];
      });
      if (faults.length > 0) return E.left(faults);
      const lent = residents as readonly (readonly [string, Kept<A>])[];
      const values = Object.fromEntries(lent.map(([name, kept]) => [name, kept.value]));
      return reading(
        lent.map(([, kept]) => kept),
        () => use(Object.fromEntries(tensors), values),
      );
    },
  };
};

/** All of them on the host, residents as copies; the first that cannot be read ends it. */
export const readAll =
  (values: Values): Faulty<Readonly<Record<string, Tensor>>> =>
  async () => {
    const read: Record<string, Tensor> = {};
    for (const [name, value] of Object.entries(values)) {
      const tensor = isResident(value) ? await value.read() : E.right(value);
      if (E.isLeft(tensor)) return tensor;
      read[name] = tensor.right;
    }
    return E.right(read);
  };

/** Gives the memory of all of them back; tensors of the host are left alone. */
export const disposeAll = (values: Values): void => {
  for (const value of Object.values(values)) if (isResident(value)) value.dispose();
};
