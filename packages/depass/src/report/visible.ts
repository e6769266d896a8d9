// How is any text shown so that nothing in it is invisible and nothing in it commands the terminal?
// Spaces become `·`, line ends `⏎`, tabs `→`; controls, bidirectional overrides, lone surrogates and other characters
// without a picture become `<U+202E>`, as bytes that are no whole character are `<0xE6>` already.

const pictures: Readonly<Record<string, string>> = { " ": "·", "\n": "⏎", "\r": "␍", "\t": "→" };

const pictureless = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{Zs}]/u;
/** Joiners shape the letters around them; alone they would be nothing. */
const joiners: ReadonlySet<string> = new Set(["\u200c", "\u200d"]);

const code = (character: string): string =>
  `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`;

const picture = (character: string, alone: boolean): string =>
  pictures[character] ??
  (!pictureless.test(character) || (joiners.has(character) && !alone) ? character : code(character));

/** A text with every character to be seen. */
export const visible = (text: string): string => {
  const characters = [...text];
  const shown = characters.map((c) => picture(c, characters.length === 1)).join("");
  return /^\p{M}/u.test(shown) ? `◌${shown}` : shown; // a mark needs something to stand on
};

/** As `visible`, but one space in front of something else stays a space: words then read as they do in a text. */
export const readable = (text: string): string =>
  text
    .split(/(?<! ) (?=[^ ])/u)
    .map(visible)
    .join(" ");

const commanding = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A message, which may quote anything: it keeps its spaces and lines and loses whatever else could move the cursor. */
export const harmless = (message: string): string => message.replace(commanding, (c) => (c === "\n" ? c : code(c)));

const rightToLeft =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}]/u;

/** Whether a text begins so: its first letter decides, as in an HTML page. */
export const isRightToLeft = (text: string): boolean => rightToLeft.test(/\p{L}/u.exec(text)?.[0] ?? "");

/** Left-to-right mark: keeps the numbers behind a right-to-left text where they are. */
const LEFT_TO_RIGHT = "\u200e";

/** A cell of a table: what stands right and left of it is not reordered with it. */
export const asCell = (shown: string): string =>
  rightToLeft.test(shown) ? `${LEFT_TO_RIGHT}${shown}${LEFT_TO_RIGHT}` : shown;

/** A text in quotes, with its line ends as in JSON. */
export const quoted = (text: string): string => harmless(JSON.stringify(text));
