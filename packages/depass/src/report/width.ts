// How many columns does a text take in a terminal, and how is it made to fit a column?
// A grapheme cluster takes two columns where it is East Asian wide or an emoji, none where it is all marks or controls.
// Source of the wide ranges: Unicode EastAsianWidth.txt (W and F), with reserved gaps inside a script's blocks filled.

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Characters as a person counts them. */
export const graphemes = (text: string): readonly string[] =>
  /^[\x20-\x7e]*$/.test(text) ? [...text] : Array.from(segmenter.segment(text), ({ segment }) => segment);

/** Offsets, in UTF-16 code units, where one grapheme ends and the next begins; both ends of the text among them. */
export const graphemeBoundaries = (text: string): ReadonlySet<number> =>
  new Set([...Array.from(segmenter.segment(text), ({ index }) => index), text.length]);

const wide =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18d08}\u{1b000}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u;
const empty = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;

const graphemeWidth = (grapheme: string): number => (empty.test(grapheme) ? 0 : wide.test(grapheme) ? 2 : 1);

/** Columns of a text without colour codes. */
export const widthOf = (text: string): number => graphemes(text).reduce((sum, g) => sum + graphemeWidth(g), 0);

/** The longest beginning that fits. */
export const takeColumns = (text: string, columns: number): string => {
  let used = 0;
  let taken = "";
  for (const g of graphemes(text)) {
    used += graphemeWidth(g);
    if (used > columns) break;
    taken += g;
  }
  return taken;
};

/** Cut to a width, with `…` where something is missing. */
export const clipTo = (text: string, columns: number): string =>
  widthOf(text) <= columns ? text : `${takeColumns(text, Math.max(0, columns - 1))}…`;

/** Filled with spaces on the right. */
export const padTo = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - widthOf(text)));

/** Words in lines of at most that many columns; a longer word has a line of its own. */
export const wrapWords = (text: string, columns: number): readonly string[] => {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
};
