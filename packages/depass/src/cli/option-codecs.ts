// How do the codecs of options say what they want? Each takes the text of one option, and refuses it in a sentence.
import { InvalidArgumentError } from "commander";

export const refuse = (expected: string): never => {
  throw new InvalidArgumentError(`Expected ${expected}.`);
};

export const wholeNumber = (text: string): number => (/^\d{1,9}$/.test(text) ? Number(text) : refuse("a whole number"));

export const countFromOne = (text: string): number =>
  wholeNumber(text) >= 1 ? Number(text) : refuse("a number from 1 on");

export const aboveZero = (text: string): number => {
  const value = /^\s*$/.test(text) ? Number.NaN : Number(text);
  return Number.isFinite(value) && value > 0 ? value : refuse("a number above 0, such as 0.1");
};

export const some =
  (what: string) =>
  (text: string): string =>
    text.trim() === "" ? refuse(what) : text;

/** Each is one more text. */
export const oneMore = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  some("a text")(text),
];
