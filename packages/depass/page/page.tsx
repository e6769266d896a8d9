// What is on the page? One answer; or a text to choose from; or several of them in a list.
import { useState } from "preact/hooks";
import type { Sheet } from "../src/page/sheet.ts";
import { One } from "./one.tsx";
import type { Pointing } from "./pointing.ts";
import { Results } from "./results.tsx";

type PageProps = { readonly sheets: readonly Sheet[]; readonly pointing: Pointing };

export const Page = ({ sheets, pointing }: PageProps) => {
  const [now, setNow] = useState(0);
  const choose = (next: number): void => {
    pointing.unlock(); // numbers of parts mean others now
    setNow(next);
  };
  return (
    <>
      {sheets.length > 1 && <Results sheets={sheets} now={now} choose={choose} />}
      <One key={now} sheet={sheets[now] as Sheet} pointing={pointing} />
    </>
  );
};
