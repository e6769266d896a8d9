// How do all results come on paper? Each is drawn whole, one after the other, where only paper shows it; between two of them the
// page answers its reader, who may stop it. After the print they are gone again.
import { render } from "preact";
import { useState } from "preact/hooks";
import type { Sheet } from "../src/page/sheet.ts";
import { One } from "./one.tsx";
import type { Pointing } from "./pointing.ts";

/** Paper is not pointed at. */
const still: Pointing = { pointed: () => ({}), listen: () => () => undefined, unlock: () => undefined };

const breath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

type Wanted = { readonly place: number; readonly sheet: Sheet };

const draw = (paper: HTMLElement, { place, sheet }: Wanted): void => {
  const root = paper.appendChild(document.createElement("div"));
  root.dataset.number = `Number ${place}`; // as in the list
  render(<One sheet={sheet} pointing={still} place={place} />, root);
};

const clear = (paper: HTMLElement): void => {
  for (const root of paper.children) render(null, root);
  paper.remove();
  document.body.classList.remove("all-on-paper");
};

/** `drawn` hears how many there are, and says whether to go on. */
const print = async (wanted: readonly Wanted[], drawn: (count: number) => boolean): Promise<void> => {
  const paper = document.body.appendChild(Object.assign(document.createElement("div"), { className: "paper" }));
  for (const [i, one] of wanted.entries()) {
    draw(paper, one);
    if (!drawn(i + 1)) return clear(paper);
    await breath();
  }
  document.body.classList.add("all-on-paper");
  addEventListener("afterprint", () => clear(paper), { once: true });
  globalThis.print();
};

/** Only one print is under way; what stops it is a value of its own, for the state that is drawn lags behind. */
type Printing = { goesOn: boolean };

export const PrintAll = ({ wanted }: { readonly wanted: readonly Wanted[] }) => {
  const [printing, setPrinting] = useState<Printing>();
  const [count, setCount] = useState(0);
  const start = async (): Promise<void> => {
    const own: Printing = { goesOn: true };
    setPrinting(own);
    await print(wanted, (drawn) => {
      setCount(drawn);
      return own.goesOn;
    });
    setPrinting(undefined);
  };
  const stop = (own: Printing): void => {
    own.goesOn = false;
  };
  return (
    <button type="button" onClick={() => (printing === undefined ? start() : stop(printing))}>
      {printing === undefined ? `Print all ${wanted.length}` : `Stop: ${count} of ${wanted.length} are ready`}
    </button>
  );
};
