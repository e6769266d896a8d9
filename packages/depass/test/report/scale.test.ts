import { test } from "uvu";
import * as assert from "uvu/assert";
import { diverging, diverging256, hue, type Rgb, textOn } from "../../src/report/scale.ts";

/** Relative luminance and contrast as WCAG 2 defines them. */
const luminance = (rgb: Rgb): number => {
  const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * (r as number) + 0.7152 * (g as number) + 0.0722 * (b as number);
};
const contrast = (a: Rgb, b: Rgb): number => {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
};

const all = Array.from({ length: 41 }, (_, i) => i / 20 - 1);

test("text can be read on every colour of the scale", () => {
  for (const paper of ["dark", "light"] as const)
    for (const t of all) {
      const colour = diverging(t, paper);
      assert.ok(contrast(colour, textOn(colour)) >= 4.5, `${t} on ${paper}`);
    }
});

test("the two ends are equally bright, so that neither sign looks larger", () => {
  const [low, high] = [luminance(hue(-1)), luminance(hue(1))].sort() as [number, number];
  assert.ok(high / low < 1.25);
});

test("zero is the same on both sides, and scores beyond the ends are the ends", () => {
  assert.equal(diverging(0, "dark"), diverging(-0, "dark"));
  assert.equal(diverging(2, "dark"), hue(1));
  assert.equal(diverging(-2, "light"), hue(-1));
});

test("256 colours have four steps a side", () => {
  const orange = new Set(all.filter((t) => t > 0).map((t) => diverging256(t, "dark").background));
  const blue = new Set(all.filter((t) => t < 0).map((t) => diverging256(t, "light").background));
  assert.is(orange.size, 4);
  assert.is(blue.size, 4);
  assert.equal(diverging256(1, "dark"), { background: 208, text: 16 });
  assert.equal(diverging256(-0.02, "dark"), { background: 24, text: 231 });
});

test.run();
