// Which session computes a step? One for each program of a way, opened once.
import { disposedRunner, type Fault, type RunOptions } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import type { Program } from "../lower/program.ts";
import type { Way } from "../memory/way.ts";
import { aborted, isAborted } from "../runtime/aborted.ts";
import { openSession, type Runtime, type Session } from "../runtime/session.ts";

type Result<A> = E.Either<readonly Fault[], A>;

export type Sessions = {
  readonly runtime: Runtime;
  /** A session that is being opened is waited for, not opened twice. */
  readonly sessions: Readonly<Record<"plain" | "pooled", Map<Program, Promise<Result<Session>>>>>;
  /** Ended by dispose(). */
  readonly life: { isOpen: boolean };
};

/** Nodes from which pooling pays, and bytes that a runner may keep between its runs for it. */
const [MANY_NODES, FEW_BYTES] = [256, 2 ** 29];

type Sized = { readonly program: Pick<Program, "nodes"> };

/** Whether sessions of many nodes, as training has them, are pooled: where the memory is small beside what may be taken. */
export const isPooled = (
  { variant, steps, bytes, weights }: Pick<Way, "variant" | "bytes" | "weights"> & { readonly steps: readonly Sized[] },
  { nodes }: Sized["program"],
  free: number,
): boolean => {
  if (variant !== undefined || nodes < MANY_NODES) return false;
  const large = steps.filter(({ program }) => program.nodes >= MANY_NODES).length;
  const kept = 2 * large * (bytes - weights);
  return kept <= FEW_BYTES && bytes + kept <= free;
};

/** Each is opened once. */
const sessionFor = ({ runtime, sessions }: Sessions, program: Program, pooled: boolean): Promise<Result<Session>> => {
  const kind = sessions[pooled ? "pooled" : "plain"];
  const opening = kind.get(program) ?? openSession(runtime, program.bytes, pooled)();
  kind.set(program, opening);
  return opening;
};

export type Opened = ReadonlyMap<Program, Session>;

/**
 * The sessions of a way, opened before any value is there: what a session keeps, it would put behind values that go, and the
 * system's allocator gives back nothing below what stays (100 MiB at 512 tokens of SmolLM2-135M).
 */
export const openAll = async (
  ready: Sessions,
  way: Way,
  free: number,
  { signal }: RunOptions,
): Promise<Result<Opened>> => {
  const opened = new Map<Program, Session>();
  for (const program of new Set(way.steps.map((step) => step.program))) {
    if (await isAborted(signal)) return E.left(aborted("run"));
    if (!ready.life.isOpen) return E.left(disposedRunner);
    const session = await sessionFor(ready, program, isPooled(way, program, free));
    if (E.isLeft(session)) return session;
    opened.set(program, session.right);
  }
  return E.right(opened);
};
