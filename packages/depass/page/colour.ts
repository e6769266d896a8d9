// A score's colours as style properties, for a light page and a dark one; which are used is the style sheet's choice. The
// scale is the terminal's.
import { diverging, type Paper, type Rgb, sequential, textOn } from "../src/report/scale.ts";

export type Colours = Readonly<Record<`--${string}`, string>>;

const css = ([r, g, b]: Rgb): string => `rgb(${r} ${g} ${b})`;

/** `t` from -1 to 1; `sized` shows how large it is and not which sign it has. */
export const coloursOf = (t: number, sized = false): Colours => {
  const on = (paper: Paper): Rgb => (sized ? sequential : diverging)(t, paper);
  return {
    "--light": css(on("light")),
    "--light-ink": css(textOn(on("light"))),
    "--dark": css(on("dark")),
    "--dark-ink": css(textOn(on("dark"))),
  };
};

/** From -1 to 1, whatever the largest is. */
export const onScale = (score: number, largest: number): number => (largest > 0 ? score / largest : 0);
