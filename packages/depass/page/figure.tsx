// A section with a picture in it that can be saved: as SVG, or as PNG by way of a canvas.
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { usePage } from "./context.ts";
import { pictureOf } from "./picture.ts";
import { pngOf, save } from "./save.ts";

type FigureProps = { readonly name: string; readonly title: string; readonly children: ComponentChildren };

export const Figure = ({ name, title, children }: FigureProps) => {
  const { idOf } = usePage();
  const section = useRef<HTMLElement>(null);
  const picture = () => pictureOf(section.current as HTMLElement, title);
  const asSvg = () => save(`${name}.svg`, new Blob([picture().svg], { type: "image/svg+xml" }));
  const asPng = async () => save(`${name}.png`, await pngOf(picture()));
  return (
    <section ref={section} aria-labelledby={idOf(name)}>
      <div class="titled">
        <h2 id={idOf(name)}>{title}</h2>
        <p class="saves" data-unpictured="">
          <button type="button" onClick={asSvg} aria-label={`Save “${title}” as SVG`}>
            SVG
          </button>
          <button type="button" onClick={asPng} aria-label={`Save “${title}” as PNG`}>
            PNG
          </button>
        </p>
      </div>
      {children}
    </section>
  );
};
