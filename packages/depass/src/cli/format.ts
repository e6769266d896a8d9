// In which form is a result printed?
import type { Fault } from "@depass/graph";
import { csv, markdown } from "../report/formats.ts";
import { joinedRecords, type Records } from "../report/records.ts";
import { usage } from "./outcome.ts";

export const formats = ["text", "json", "csv", "markdown"] as const;
export type Format = (typeof formats)[number];

export type FormatOptions = { readonly json?: true; readonly format?: Format };

/** `--json` is short for `--format json`. */
export const formatOf = ({ json, format = json ? "json" : "text" }: FormatOptions): Format => format;

/** A fault where both are given and differ. */
export const contradictions = ({ json, format }: FormatOptions): readonly Fault[] =>
  json && format !== undefined && format !== "json"
    ? [usage("--json", "one format", `--format ${format} as well`, "leave one of them out")]
    : [];

/** Each form of one result; only the one that is wanted is made. */
export type Shown = {
  readonly text: () => string;
  readonly json: () => unknown;
  readonly records: () => Records;
};

const makers: Readonly<Record<Format, (shown: Shown) => string>> = {
  text: ({ text }) => text(),
  json: ({ json }) => JSON.stringify(json()),
  csv: ({ records }) => csv(records()),
  markdown: ({ records }) => markdown(records()),
};

export const shownAs = (options: FormatOptions, shown: Shown): string => makers[formatOf(options)](shown);

/** The tables of several results, where it is tables that are wanted: one with a column for the prompt, or one after the other. */
export const tablesOf = (options: FormatOptions, all: readonly Records[]): string =>
  formatOf(options) === "csv" ? csv(joinedRecords(all)) : all.map(markdown).join("\n\n");
