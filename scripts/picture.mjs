// A picture of what a command prints, for the README: runs the command line in colour and draws its output as SVG.
//
//   node scripts/picture.mjs docs/terminal.svg attribute --model FOLDER --prompt TEXT
//
// Only what the reports use is understood: colours, bold, faint, and blocks, which are drawn and so need no font.

import { writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { capture } from "./processes.mjs";
import { inRepository } from "./repository.mjs";

/** @typedef {{ fill: string, ground: string | null, bold: boolean, faint: boolean }} Style */
/** @typedef {Style & { text: string, column: number }} Run */

const [paper, inkColour] = ["#16161a", "#e4e4e8"];
const [cellWidth, lineHeight, fontSize, margin] = [8.4, 20, 14, 20];

/** @type {Style} */
const plain = { fill: inkColour, ground: null, bold: false, faint: false };

/** What one escape code makes of a style. @param {Style} style @param {number[]} codes @returns {Style} */
const styled = (style, codes) => {
  const [code, kind, ...rgb] = codes;
  if (code === undefined) return style;
  const colour = `rgb(${rgb.slice(0, 3)})`;
  if (code === 38 && kind === 2) return styled({ ...style, fill: colour }, rgb.slice(3));
  if (code === 48 && kind === 2) return styled({ ...style, ground: colour }, rgb.slice(3));
  /** @type {Record<number, Style>} */
  const next = {
    0: plain,
    1: { ...style, bold: true },
    2: { ...style, faint: true },
    22: { ...style, bold: false, faint: false },
  };
  return styled(next[code] ?? style, codes.slice(1));
};

/** A line's stretches of one style each. @param {string} line @returns {Run[]} */
const runsOf = (line) => {
  let [style, column] = [plain, 0];
  return line.split("\u001b[").flatMap((piece, i) => {
    const end = i === 0 ? -1 : piece.indexOf("m");
    if (i > 0) style = styled(style, piece.slice(0, end).split(";").map(Number));
    const text = piece.slice(end + 1);
    const run = { ...style, text, column };
    column += [...text].length;
    return text === "" ? [] : [run];
  });
};

/** @param {string} text */
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** @param {number} value */
const number = (value) => `${Number(value.toFixed(2))}`;

/** Where a block begins and ends within its cell. @type {Record<string, [number, number]>} */
const blocks = { "█": [0, 1], "▌": [0, 0.5], "▐": [0.5, 1], "│": [0.44, 0.56] };

/** Rows of blocks are drawn a little apart. */
const gap = 2;

/** Stretches of blocks, of other characters and of spaces, each with its column. @param {Run} run */
const pieces = ({ text, column }) =>
  [...text.matchAll(/▐?█+▌?|[▌▐│]|[^█▌▐│\s]+(?: [^█▌▐│\s]+)*/gu)].map((match) => ({
    text: match[0],
    column: column + [...text.slice(0, match.index)].length,
  }));

/** @param {number} from @param {number} to columns @param {number} top @param {number} height @param {string} look */
const rectangle = (from, to, top, height, look) => {
  const place = `x="${number(margin + from * cellWidth)}" y="${number(top)}"`;
  return `<rect ${place} width="${number((to - from) * cellWidth)}" height="${height}" ${look}/>`;
};

/** @param {Run} run */
const lookOf = ({ fill, bold, faint }) =>
  `fill="${fill}"${bold ? ' font-weight="bold"' : ""}${faint ? ' fill-opacity="0.55"' : ""}`;

/** @param {string} line @param {number} row */
const drawn = (line, row) => {
  const top = margin + row * lineHeight;
  return runsOf(line).flatMap((run) => {
    const behind = `fill="${run.ground}"`;
    const end = run.column + [...run.text].length;
    const ground = run.ground ? [rectangle(run.column, end, top, lineHeight, behind)] : [];
    const marks = pieces(run).map(({ text, column }) => {
      const width = [...text].length;
      const [from] = blocks[text.slice(0, 1)] ?? [];
      const [, to] = blocks[text.slice(-1)] ?? [];
      if (from !== undefined && to !== undefined) {
        const apart = text === "│" ? 0 : gap;
        return rectangle(column + from, column + width - 1 + to, top + apart, lineHeight - 2 * apart, lookOf(run));
      }
      const place = `x="${number(margin + column * cellWidth)}" y="${number(top + 0.72 * lineHeight)}"`;
      return `<text ${place} ${lookOf(run)} textLength="${number(width * cellWidth)}">${escaped(text)}</text>`;
    });
    return [...ground, ...marks];
  });
};

/** @param {string} title @param {string[]} lines */
const picture = (title, lines) => {
  const columns = Math.max(...lines.map((line) => runsOf(line).reduce((sum, { text }) => sum + [...text].length, 0)));
  const [width, height] = [columns * cellWidth + 2 * margin, lines.length * lineHeight + 2 * margin].map(Math.ceil);
  const font = `font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${fontSize}"`;
  const size = `width="${width}" height="${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ${size} ${font}>`,
    `<title>${escaped(title)}</title>`,
    `<rect ${size} rx="8" fill="${paper}"/>`,
    '<g shape-rendering="crispEdges">',
    ...lines.flatMap(drawn),
    "</g>",
    "</svg>\n",
  ].join("\n");
};

/** As a shell would want it. @param {string} word */
const quoted = (word) => (/^[\w./#-]+$/.test(word) ? word : `"${word}"`);

const [out = "", ...args] = process.argv.slice(2);
const cli = [inRepository("scripts", "run.mjs"), "packages/depass/src/cli/main.ts", ...args];
const env = { ...process.env, NO_COLOR: "", FORCE_COLOR: "3", COLORFGBG: "15;0" };
const { code, stdout, output } = await capture(process.execPath, cli, { cwd: process.cwd(), env });
if (code === 0 && out.endsWith(".svg")) {
  const command = `$ depass ${args.map(quoted).join(" ")}`;
  writeFileSync(resolve(out), picture(command.slice(2), [command, "", ...stdout.trimEnd().split("\n")]));
  console.log(`${basename(out)}: ${command.slice(2)}`);
} else {
  console.error(out.endsWith(".svg") ? output : "usage: node scripts/picture.mjs OUT.svg COMMAND …");
  process.exitCode = 1;
}
