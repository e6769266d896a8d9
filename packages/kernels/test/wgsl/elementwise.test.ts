import { add, type DimLike, dims, type Expr, exp, input, mul, where } from "@depass/graph";
import { tensorsFor } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { elementwise } from "../../src/wgsl/elementwise.ts";
import { open, sameOn } from "../backends.ts";
import { fuzz } from "../seed.ts";

const test = suite("wgsl/elementwise");

/** Shapes that broadcast to one: any axes at the front missing, any others 1. */
const shapes = fc.array(fc.constantFrom<DimLike>(1, 2, 3, "T"), { minLength: 1, maxLength: 4 }).chain((out) => {
  const own = fc.tuple(fc.nat(out.length), fc.array(fc.boolean(), { minLength: out.length, maxLength: out.length }));
  return fc.tuple(...[1, 2, 3].map(() => own.map(([cut, ones]) => out.map((d, i) => (ones[i] ? 1 : d)).slice(cut))));
});

for (const backend of await open("broadcasting"))
  test(`operands broadcast from the right in every way (${backend.device})`, () =>
    fc.assert(
      fc.asyncProperty(shapes, fc.constantFrom(1, 2, 5), async ([a = [], b = [], c = []], T) => {
        const [x, y, z] = [a, b, c].map((shape, i) => input("abc"[i] as string, shape)) as [Expr, Expr, Expr];
        const graph = { sum: add(mul(x, 0.5), mul(y, exp(z))), chosen: where(x, y, z) };
        await sameOn(backend, graph, tensorsFor(graph, { T }), { T });
      }),
      fuzz(60),
    ));

test("one kernel: loads, then one formula; sizes are uniforms, numbers literals", () => {
  const [row, whole] = [{ dtype: "bf16", shape: [3] } as const, { dtype: "f32", shape: dims(["T", 3]) } as const];
  const root = {
    kind: "op" as const,
    op: "add" as const,
    inputs: [
      { kind: "operand" as const, index: 0 },
      {
        kind: "op" as const,
        op: "mul" as const,
        inputs: [
          { kind: "operand" as const, index: 1 },
          { kind: "literal" as const, value: 2 },
        ],
      },
    ],
  };
  const kernel = elementwise("scaled", whole.shape, root, [row, whole]);
  assert.equal(
    kernel.uniforms.map((u) => u.name),
    ["s_3_times_T"],
  );
  assert.is(
    kernel.wgsl,
    `@group(0) @binding(0) var<storage, read> in0: array<u32>;
@group(0) @binding(1) var<storage, read> in1: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
struct Sizes { s_3_times_T: u32 }
@group(0) @binding(3) var<uniform> sizes: Sizes;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i >= sizes.s_3_times_T) { return; }
  let x0 = bitcast<f32>((in0[((i % 3u)) >> 1u] >> (16u * (((i % 3u)) & 1u))) << 16u);
  let x1 = in1[i];
  out[i] = (x0 + (x1 * f32(2.0)));
}
`,
  );
});

test.run();
