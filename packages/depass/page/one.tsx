// One of the results, whatever it is.
import type { Sheet } from "../src/page/sheet.ts";
import { type AnswerProps, AnswerView } from "./sheet.tsx";
import { TextView } from "./text.tsx";

type OneProps = { readonly sheet: Sheet } & Pick<AnswerProps, "pointing" | "place">;

export const One = ({ sheet, ...props }: OneProps) =>
  "written" in sheet ? <TextView sheet={sheet} {...props} /> : <AnswerView sheet={sheet} {...props} />;
