// How long did it take, on the clock and on all processors of this process together? A software adapter computes on them:
// their time is then the steadier figure on a busy machine, though it too grows with what others do.

/** Seconds. */
export type Times = { readonly wall: number; readonly processors: number };

export const since = (): (() => Times) => {
  const [start, used] = [performance.now(), process.cpuUsage()];
  return () => {
    const wall = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(used);
    return { wall, processors: (user + system) / 1e6 };
  };
};

const median = (x: readonly number[]): number => [...x].sort((a, b) => a - b)[Math.floor(x.length / 2)] as number;

export const medianOf = (x: readonly Times[]): Times => ({
  wall: median(x.map((t) => t.wall)),
  processors: median(x.map((t) => t.processors)),
});
