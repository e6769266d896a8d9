// Which colour is a signed number? A symmetric diverging scale, orange above zero and blue below: the pair that people with
// any kind of colour blindness tell apart, of equal brightness at equal distance from zero.

export type Rgb = readonly [red: number, green: number, blue: number];

const orange: Rgb = [250, 140, 40];
const blue: Rgb = [80, 160, 255];
const green: Rgb = [70, 180, 130];
/** Where the scale begins: near the terminal's own background, so that zero does not stand out. */
const papers = { dark: [28, 28, 32], light: [255, 255, 255] } as const satisfies Readonly<Record<string, Rgb>>;

/** What lies behind the text. */
export type Paper = keyof typeof papers;

/** The hue of a sign. */
export const hue = (t: number): Rgb => (t < 0 ? blue : orange);

/** Less than 1 shows small scores, most of a prompt, better; the legend is drawn with the same scale. */
const GAMMA = 0.6;

const mixed = (t: number, end: Rgb, paper: Paper): Rgb => {
  const share = Math.min(1, Math.abs(t)) ** GAMMA;
  const mix = (i: 0 | 1 | 2): number => Math.round(papers[paper][i] + share * (end[i] - papers[paper][i]));
  return [mix(0), mix(1), mix(2)];
};

/** The colour of `t` from -1 to 1. */
export const diverging = (t: number, paper: Paper): Rgb => mixed(t, hue(t), paper);

/** The colour of a size, whatever its sign: neither side's. */
export const sequential = (t: number, paper: Paper): Rgb => mixed(t, green, paper);

/** Relative luminance, WCAG 2. */
const luminance = ([r, g, b]: Rgb): number => {
  const linear = (c: number): number => (c <= 10 ? c / 3295 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
};

/** Black or white, whichever is read better on a background: a contrast of at least 4.5. */
export const textOn = (background: Rgb): Rgb => (luminance(background) > 0.179 ? [0, 0, 0] : [255, 255, 255]);

/** The same scale in a 256-colour terminal, chosen by hand: its colour cube is too coarse for the dark end. */
const steps = {
  dark: { orange: [94, 130, 172, 208], blue: [24, 25, 32, 75] },
  light: { orange: [230, 223, 215, 208], blue: [189, 153, 111, 75] },
} as const satisfies Readonly<Record<Paper, unknown>>;

/** The first step that is dark enough for white text, and all before it. */
const lastDark = { orange: 130, blue: 32 } as const;

export type Indexed = { readonly background: number; readonly text: number };

/** The 256-colour index of `t` from -1 to 1, with that of black or white on it. */
export const diverging256 = (t: number, paper: Paper): Indexed => {
  const side = t < 0 ? "blue" : "orange";
  const step = Math.min(3, Math.floor(4 * Math.min(1, Math.abs(t)) ** GAMMA));
  const background = steps[paper][side][step] as number;
  return { background, text: paper === "dark" && background <= lastDark[side] ? 231 : 16 };
};

/** The 256-colour index of a sign. */
export const hue256 = (t: number): number => (t < 0 ? 75 : 208);
