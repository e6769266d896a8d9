// A section with a picture in it that can be taken away: as SVG, or as PNG by way of a canvas, into a file or the clipboard.
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { usePage } from "./context.ts";
import { type Picture, pictureOf } from "./picture.ts";
import { copyPicture, pngOf, save } from "./save.ts";

type TakesProps = { readonly name: string; readonly title: string; readonly picture: () => Picture };

const Takes = ({ name, title, picture }: TakesProps) => {
  const [said, say] = useState("");
  const asSvg = () => save(`${name}.svg`, new Blob([picture().svg], { type: "image/svg+xml" }));
  const asPng = async () => save(`${name}.png`, await pngOf(picture()));
  const toClipboard = async () =>
    say((await copyPicture(pngOf(picture()))) ? "copied" : "the browser did not allow it: save it");
  return (
    <p class="saves" data-unpictured="">
      <span role="status">{said}</span>
      <button type="button" onClick={toClipboard} aria-label={`Copy “${title}” as PNG`}>
        Copy
      </button>
      <button type="button" onClick={asSvg} aria-label={`Save “${title}” as SVG`}>
        SVG
      </button>
      <button type="button" onClick={asPng} aria-label={`Save “${title}” as PNG`}>
        PNG
      </button>
    </p>
  );
};

type FigureProps = Pick<TakesProps, "name" | "title"> & { readonly children: ComponentChildren };

export const Figure = ({ name, title, children }: FigureProps) => {
  const { idOf } = usePage();
  const section = useRef<HTMLElement>(null);
  const picture = () => pictureOf(section.current as HTMLElement, title);
  return (
    <section ref={section} aria-labelledby={idOf(name)}>
      <div class="titled">
        <h2 id={idOf(name)}>{title}</h2>
        <Takes name={name} title={title} picture={picture} />
      </div>
      {children}
    </section>
  );
};
