// What is on the page? One answer; or a text to choose from; or several of them in a list.
import type { Sheet } from "../src/page/sheet.ts";
import type { Pointing } from "./pointing.ts";
import { SheetView } from "./sheet.tsx";
import { TextView } from "./text.tsx";

type PageProps = { readonly sheets: readonly Sheet[]; readonly pointing: Pointing };

const One = ({ sheet, pointing }: { readonly sheet: Sheet; readonly pointing: Pointing }) =>
  "written" in sheet ? <TextView sheet={sheet} pointing={pointing} /> : <SheetView sheet={sheet} pointing={pointing} />;

export const Page = ({ sheets, pointing }: PageProps) => {
  const [sheet] = sheets;
  return sheet === undefined ? null : <One sheet={sheet} pointing={pointing} />;
};
