// What can be written with? An Ink paints text with as many colours as the terminal has, or with none. The only place that
// makes escape codes.
import { WriteStream } from "node:tty";
import colors from "picocolors";
import { diverging, diverging256, hue, hue256, type Paper, type Rgb, textOn } from "./scale.ts";

type Paint = (text: string) => string;

const same: Paint = (text) => text;

export type Ink = {
  /** No colour at all: whatever a colour would say has to be said in characters. */
  readonly plain: boolean;
  readonly bold: Paint;
  readonly dim: Paint;
  /** Text on the colour of `t`, -1 to 1. */
  readonly onScale: (t: number) => Paint;
  /** Columns whose upper half has the colour of `top` and whose lower half that of `bottom`, -1 to 1 each. */
  readonly halves: (top: number, bottom: number) => (columns: number) => string;
  /** Text in the colour of a sign. */
  readonly ofSign: (t: number) => Paint;
};

/** Bits of colour, as Node counts them: none, 16, 256 or all. */
export type Depth = 1 | 4 | 8 | 24;

/** Below this share of the scale a background could not be told from none. */
const faint: Readonly<Record<4 | 8 | 24, number>> = { 4: 0.1, 8: 0.02, 24: 0.01 };

const rgbCodes = (ground: 38 | 48, rgb: Rgb): string => `${ground};2;${rgb.join(";")}`;

/** With 16 colours the scale has two steps a side; yellow and blue are the nearest to orange and blue. */
const inSixteen = (t: number): string =>
  Math.abs(t) < 0.5 ? (t < 0 ? "44;97" : "43;30") : t < 0 ? "104;30" : "103;30";

const wrap = (codes: string, text: string): string => `\x1b[${codes}m${text}\x1b[0m`;

const backgroundCodes = (depth: 4 | 8 | 24, t: number, paper: Paper): string => {
  if (depth === 4) return inSixteen(t);
  if (depth === 8) {
    const { background, text } = diverging256(t, paper);
    return `48;5;${background};38;5;${text}`;
  }
  const rgb = diverging(t, paper);
  return `${rgbCodes(48, rgb)};${rgbCodes(38, textOn(rgb))}`;
};

const background =
  (depth: 4 | 8 | 24, paper: Paper) =>
  (t: number): Paint =>
    Math.abs(t) >= faint[depth] ? (text) => wrap(backgroundCodes(depth, t, paper), text) : same;

/** The colour of `t` on its own, as a foreground or as a background. */
const scaleCode = (depth: 4 | 8 | 24, paper: Paper, ground: 38 | 48, t: number): string => {
  if (depth === 24) return rgbCodes(ground, diverging(t, paper));
  if (depth === 8) return `${ground};5;${diverging256(t, paper).background}`;
  return `${Number.parseInt(inSixteen(t), 10) - 48 + ground}`;
};

/** Half blocks: a character cell has two colours, so a line has two rows. */
const halves =
  (depth: 4 | 8 | 24, paper: Paper): Ink["halves"] =>
  (top, bottom) =>
  (columns) => {
    const [isTop, isBottom] = [top, bottom].map((t) => Math.abs(t) >= faint[depth]);
    const code = (ground: 38 | 48, t: number): string => scaleCode(depth, paper, ground, t);
    if (isTop && isBottom) return wrap(`${code(38, top)};${code(48, bottom)}`, "▀".repeat(columns));
    if (isTop) return wrap(code(38, top), "▀".repeat(columns));
    return isBottom ? wrap(code(38, bottom), "▄".repeat(columns)) : " ".repeat(columns);
  };

const foregrounds: Readonly<Record<4 | 8 | 24, (t: number) => string>> = {
  4: (t) => (t < 0 ? "94" : "33"),
  8: (t) => `38;5;${hue256(t)}`,
  24: (t) => rgbCodes(38, hue(t)),
};

const foreground =
  (depth: 4 | 8 | 24) =>
  (t: number): Paint =>
  (text) =>
    wrap(foregrounds[depth](t), text);

export const plainInk: Ink = {
  plain: true,
  bold: same,
  dim: same,
  onScale: () => same,
  halves: () => (columns) => " ".repeat(columns),
  ofSign: () => same,
};

export const inkOf = (depth: Depth, paper: Paper = "dark"): Ink => {
  if (depth === 1) return plainInk;
  const { bold, dim } = colors.createColors(true);
  return {
    plain: false,
    bold,
    dim,
    onScale: background(depth, paper),
    halves: halves(depth, paper),
    ofSign: foreground(depth),
  };
};

type Environment = Readonly<Record<string, string | undefined>>;

const forced: Readonly<Record<string, Depth>> = { "0": 1, "1": 4, "2": 8, "3": 24 };

/** What the terminal itself says, before Node's own guess: within tmux that takes too much for granted. */
const told = ({ TERM = "", COLORTERM = "" }: Environment): Depth | undefined => {
  if (TERM === "dumb") return 1;
  if (/truecolor|24bit/.test(COLORTERM)) return 24;
  return /256|^screen|^tmux/.test(TERM) ? 8 : undefined;
};

/** Colours only on a terminal or where FORCE_COLOR asks for them, and never where NO_COLOR (no-color.org) forbids them. */
const depthOf = (isTerminal: boolean, env: Environment): Depth => {
  if (env.NO_COLOR || !(isTerminal || env.FORCE_COLOR)) return 1;
  return forced[env.FORCE_COLOR ?? ""] ?? told(env) ?? (WriteStream.prototype.getColorDepth({ ...env }) as Depth);
};

/** Terminals that tell their colours do so as `15;0`, foreground first. */
const paperOf = ({ COLORFGBG: pair }: Environment): Paper =>
  ["7", "15"].includes(pair?.split(";").at(-1) ?? "") ? "light" : "dark";

/** The ink of an output stream. */
export const inkFor = (isTerminal: boolean, env: Environment): Ink => inkOf(depthOf(isTerminal, env), paperOf(env));
