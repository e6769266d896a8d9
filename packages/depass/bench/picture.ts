// A picture of what a terminal shows: text with colour codes on stdin, SVG on stdout. Made for the README:
//   FORCE_COLOR=3 COLUMNS=92 npm run -s depass -- attribute --model DIR --prompt "The capital of France is" |
//     node --import tsx packages/depass/bench/picture.ts '$ depass attribute …' > docs/attribute.svg
// Knows the codes that report/ink.ts makes: bold, faint, and colours of 8 and of 24 bits.
import { text } from "node:stream/consumers";
import { graphemes, widthOf } from "../src/report/width.ts";

type Style = { readonly fill: string; readonly back?: string; readonly bold?: true; readonly dim?: true };
type Run = { readonly style: Style; readonly text: string };

const paper = "#1c1c20";
const normal: Style = { fill: "#e6e6e6" };
const [CELL, LINE, EDGE] = [8.4, 19, 16]; // pixels at 14 px type

const levels = [0, 95, 135, 175, 215, 255];

const from256 = (n: number): readonly number[] => {
  const grey = 8 + 10 * (n - 232);
  if (n >= 232) return [grey, grey, grey];
  return [36, 6, 1].map((place) => levels[Math.floor((n - 16) / place) % 6] ?? 0);
};

/** `…;2;R;G;B` or `…;5;N`: how many codes it is, and the colour. */
const rgb = (codes: readonly number[]): readonly [number, string] =>
  codes[1] === 2 ? [5, `rgb(${codes.slice(2, 5)})`] : [3, `rgb(${from256(codes[2] ?? 16)})`];

const looks: Readonly<Record<number, (style: Style) => Style>> = {
  1: (style) => ({ ...style, bold: true }),
  2: (style) => ({ ...style, dim: true }),
  22: ({ bold: _b, dim: _d, ...rest }) => rest,
  39: (style) => ({ ...style, fill: normal.fill }),
  49: ({ back: _, ...rest }) => rest,
};

/** The codes of one `\x1b[…m`, applied in order. */
const applied = (style: Style, codes: readonly number[]): Style => {
  const [first, ...rest] = codes;
  if (first === undefined) return style;
  const [taken, colour] = rgb(codes);
  if (first === 38) return applied({ ...style, fill: colour }, codes.slice(taken));
  if (first === 48) return applied({ ...style, back: colour }, codes.slice(taken));
  return applied(looks[first]?.(style) ?? normal, rest);
};

const runsOf = (line: string): readonly Run[] => {
  let style = normal;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
  return line.split(/\x1b\[([\d;]*)m/).flatMap((piece, i) => {
    if (i % 2 === 1) style = applied(style, piece.split(";").map(Number));
    return i % 2 === 0 && piece !== "" ? [{ style, text: piece }] : [];
  });
};

const escaped = (s: string): string => s.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);

/** Blocks are drawn: as letters they would leave gaps. */
const blocks: Readonly<Record<string, readonly [from: number, to: number]>> = {
  "█": [0, 1],
  "▐": [0.5, 1],
  "▌": [0, 0.5],
};

const block = (character: string, column: number, y: number, fill: string): string => {
  const [from, to] = blocks[character] ?? [0, 0];
  const x = EDGE + CELL * (column + from);
  return `<rect x="${x.toFixed(1)}" y="${y + 3}" width="${(CELL * (to - from) + 0.3).toFixed(1)}" height="${LINE - 6}" fill="${fill}"/>`;
};

/** Every grapheme has its own place, so that columns hold in any typeface. */
const glyphs = (run: Run, column: number, y: number): string => {
  let at = column;
  const places = graphemes(run.text).map((g) => {
    const x = EDGE + CELL * at;
    at += widthOf(g);
    return x.toFixed(1);
  });
  const { fill, bold, dim } = run.style;
  const look = `${bold ? ' font-weight="bold"' : ""}${dim ? ' opacity="0.6"' : ""}`;
  return `<text xml:space="preserve" x="${places.join(" ")}" y="${y}" fill="${fill}"${look}>${escaped(run.text)}</text>`;
};

const drawn = (line: string, row: number): string => {
  let column = 0;
  const y = EDGE + LINE * row;
  return runsOf(line)
    .map((run) => {
      const from = column;
      const width = widthOf(run.text);
      column += width;
      const back =
        run.style.back &&
        `<rect x="${EDGE + CELL * from}" y="${y}" width="${CELL * width}" height="${LINE}" fill="${run.style.back}"/>`;
      if (/^[ █▐▌]+$/.test(run.text) && run.text.trim() !== "")
        return [...run.text].map((c, i) => (c === " " ? "" : block(c, from + i, y, run.style.fill))).join("");
      return `${back ?? ""}${run.text.trim() === "" ? "" : glyphs(run, from, y + 14)}`;
    })
    .join("");
};

const lines = [...process.argv.slice(2), ...(await text(process.stdin)).trimEnd().split("\n")];
// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
const columns = Math.max(...lines.map((line) => widthOf(line.replace(/\x1b\[[\d;]*m/g, ""))));
const [width, height] = [2 * EDGE + CELL * columns, 2 * EDGE + LINE * lines.length];
console.log(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(1)} ${height}" width="${width.toFixed(0)}" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14">
<rect width="100%" height="100%" rx="8" fill="${paper}"/>
${lines.map(drawn).join("\n")}
</svg>`);
