// How is a value from outside shown in a fault? Short, on one line and never in full: it may be 100 MB long.

const LONGEST = 60; // characters; enough to recognise a name, short enough for a terminal line

const cut = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`);

/** Signs that end a line or speak to a terminal, spelled out: `\n`, `\u001b`. */
const spelled = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029]/gu, (sign) => {
    const escape = JSON.stringify(sign).slice(1, -1);
    return escape === sign ? `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}` : escape;
  });

/** `text` cut to a readable length, on one line. */
export const clip = (text: string): string => spelled(cut(text));

/** A word for any JSON value: scalars as they are, lists and objects by kind. */
export const describe = (value: unknown): string => {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" ? spelled(JSON.stringify(cut(value))) : String(value);
};

const MOST = 12; // names listed before "and N more"

/** Names as a sentence: `a, b and 3 more`. */
export const list = (names: readonly string[], most = MOST): string => {
  const shown = names.slice(0, most).map(clip).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
};

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
