// What every part of the page needs: the data, what is pointed at, and how numbers are written here.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { AnswerSheet } from "../src/page/sheet.ts";
import type { teller } from "../src/page/told.ts";
import type { Pointing } from "./pointing.ts";

export type PageContext = AnswerSheet & {
  /** How many tokens of a written text are explained together. */
  readonly stretch?: number;
  readonly pointing: Pointing;
  readonly decimals: number;
  readonly nameOf: (part: number) => string;
  readonly tell: ReturnType<typeof teller>;
  /** An element's id: of several answers in one document each has its own. */
  readonly idOf: (name: string) => string;
};

export const Context = createContext<PageContext | undefined>(undefined);

export const usePage = (): PageContext => {
  const found = useContext(Context);
  if (found === undefined) throw new Error("internal: no page around this");
  return found;
};
