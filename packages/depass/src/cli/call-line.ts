// Which words would call a command so again? What was given for each option, quoted as a shell wants it.
import type { Command, Option } from "commander";

/** A word as a POSIX shell takes it. */
export const shellWord = (word: string): string =>
  /^[\w./:@%+=,#-]+$/.test(word) && !word.startsWith("#") ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** The words of one option; `--name=value` where the value would be taken for an option itself. */
const wordsOf = ({ long, variadic }: Option, value: unknown): readonly string[] => {
  const name = `${long}`;
  if (value === true) return [name];
  if (variadic) return [name, ...(value as readonly unknown[]).map((v) => `${v}`)];
  if (Array.isArray(value) && value.every((v) => typeof v === "string"))
    return value.flatMap((v) => (v.startsWith("-") ? [`${name}=${v}`] : [name, v]));
  return `${value}`.startsWith("-") ? [`${name}=${value}`] : [name, `${value}`];
};

/** The options that were given, as words, but for those left out by their names. */
export const givenWords = (command: Command, without: readonly string[] = []): readonly string[] =>
  command.options
    .filter((o) => command.getOptionValueSource(o.attributeName()) === "cli" && !without.includes(o.attributeName()))
    .flatMap((o) => wordsOf(o, command.getOptionValue(o.attributeName())));
