// What every part of the page needs: the data, what is pointed at, and how numbers are written here.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { PageData } from "../src/page/report.ts";
import type { teller } from "../src/page/told.ts";
import type { Pointing } from "./pointing.ts";

export type PageContext = PageData & {
  readonly pointing: Pointing;
  readonly decimals: number;
  readonly tell: ReturnType<typeof teller>;
};

export const Context = createContext<PageContext | undefined>(undefined);

export const usePage = (): PageContext => {
  const found = useContext(Context);
  if (found === undefined) throw new Error("internal: no page around this");
  return found;
};
