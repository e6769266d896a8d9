// A part of the page as an SVG picture: what is on the screen, measured there. Backgrounds become rectangles, and each line
// of text becomes a text at its place, so that the picture needs neither the page's style nor a browser of one's own.

export type Picture = { readonly svg: string; readonly width: number; readonly height: number };

type Box = Pick<DOMRect, "left" | "top" | "width" | "height">;

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => entities[c] as string);

const rounded = (x: number): string => `${Math.round(10 * x) / 10}`;

const isClear = (colour: string): boolean => /^transparent$|,\s*0\)$|\/\s*0\)$/.test(colour);

const rectangle = ({ left, top, width, height }: Box, fill: string): string =>
  `<rect x="${rounded(left)}" y="${rounded(top)}" width="${rounded(width)}" height="${rounded(height)}" fill="${fill}"/>`;

/** A text node's lines, each with its box: characters are asked for their place only where there are several lines. */
const linesOf = (node: Text): readonly (readonly [string, DOMRect])[] => {
  const range = document.createRange();
  range.selectNodeContents(node);
  const boxes = [...range.getClientRects()];
  if (boxes.length === 1) return [[node.data, boxes[0] as DOMRect]];
  return boxes.flatMap((box) => {
    const own = [...node.data].reduce<{ at: number; text: string }>(
      ({ at, text }, character) => {
        range.setStart(node, at);
        range.setEnd(node, at + character.length);
        const place = range.getBoundingClientRect();
        const isHere = place.width > 0 && place.top < box.bottom && place.bottom > box.top;
        return { at: at + character.length, text: isHere ? text + character : text };
      },
      { at: 0, text: "" },
    );
    return own.text === "" ? [] : [[own.text, box] as const];
  });
};

const texts = (node: Text, style: CSSStyleDeclaration): readonly string[] =>
  linesOf(node).flatMap(([text, box]) => {
    if (text.trim() === "" || box.width < 1) return [];
    const begin = style.direction === "rtl" ? `direction="rtl" x="${rounded(box.right)}"` : `x="${rounded(box.left)}"`;
    const place = `${begin} y="${rounded(box.top + box.height / 2)}" textLength="${rounded(box.width)}"`;
    const look = `fill="${style.color}" font-size="${style.fontSize}" font-weight="${style.fontWeight}"`;
    const font = `font-family="${escaped(style.fontFamily)}"`;
    return [`<text ${place} ${look} ${font} dominant-baseline="central" xml:space="preserve">${escaped(text)}</text>`];
  });

/** Its borders, of a box in one piece. */
const borders = (element: Element, style: CSSStyleDeclaration): readonly string[] => {
  const [box, ...more] = element.getClientRects();
  if (box === undefined || more.length > 0) return [];
  const { left, top, right, bottom, width, height } = box;
  const side = (name: string): readonly [thick: number, colour: string] => [
    Number.parseFloat(style.getPropertyValue(`border-${name}-width`)),
    style.getPropertyValue(`border-${name}-color`),
  ];
  const [up, low, west, east] = [side("top"), side("bottom"), side("left"), side("right")];
  const lines: readonly (readonly [Box, readonly [number, string]])[] = [
    [{ left, top, width, height: up[0] }, up],
    [{ left, top: bottom - low[0], width, height: low[0] }, low],
    [{ left, top, width: west[0], height }, west],
    [{ left: right - east[0], top, width: east[0], height }, east],
  ];
  return lines.flatMap(([line, [thick, colour]]) => (thick > 0 && !isClear(colour) ? [rectangle(line, colour)] : []));
};

/** A drawing is one already: it says its colour by `currentColor` alone. */
const drawing = (svg: SVGSVGElement, { color }: CSSStyleDeclaration): string => {
  const { left, top, width, height } = svg.getBoundingClientRect();
  const place = `x="${rounded(left)}" y="${rounded(top)}" width="${rounded(width)}" height="${rounded(height)}"`;
  const { fontFamily, fontSize } = getComputedStyle(svg);
  const look = `color="${color}" fill="currentColor" font-size="${fontSize}" font-family="${escaped(fontFamily)}"`;
  return `<svg ${place} viewBox="${svg.getAttribute("viewBox")}" ${look}>${svg.innerHTML}</svg>`;
};

/** Whatever is there to be seen, from back to front. */
const marksOf = (element: Element): readonly string[] => {
  const style = getComputedStyle(element);
  if (style.display === "none" || style.visibility === "hidden") return [];
  const behind = isClear(style.backgroundColor)
    ? []
    : [...element.getClientRects()].map((box) => rectangle(box, style.backgroundColor));
  const inside = [...element.childNodes].flatMap((node) => {
    if (node instanceof Text) return texts(node, style);
    if (node instanceof SVGSVGElement) return [drawing(node, style)];
    return node instanceof Element ? marksOf(node) : [];
  });
  return [...behind, ...borders(element, style), ...inside];
};

/** What scrolls is drawn from its beginning. */
const rewind = (root: HTMLElement): void => {
  for (const box of root.querySelectorAll(".wide")) box.scrollTo(0, 0);
};

const MARGIN = 16; // pixels around the picture

const drawn = (root: HTMLElement, title: string): Picture => {
  const { left, top, bottom } = root.getBoundingClientRect();
  const inner = [...root.querySelectorAll("table, .strip")].map((e) => e.getBoundingClientRect());
  const right = Math.max(root.getBoundingClientRect().right, ...inner.map((b) => b.right));
  const low = Math.max(bottom, ...inner.map((b) => b.bottom));
  const [width, height] = [Math.ceil(right - left + 2 * MARGIN), Math.ceil(low - top + 2 * MARGIN)];
  const size = `width="${width}" height="${height}"`;
  const view = `viewBox="${rounded(left - MARGIN)} ${rounded(top - MARGIN)} ${width} ${height}"`;
  const paper = getComputedStyle(document.body).backgroundColor;
  const ground = rectangle({ left: left - MARGIN, top: top - MARGIN, width, height }, paper);
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${view}>`;
  const svg = [head, `<title>${escaped(title)}</title>`, ground, ...marksOf(root), "</svg>", ""].join("\n");
  return { svg, width, height };
};

/** Without what is to be pressed or heard: the style sheet takes it out while `pictured` is there. */
export const pictureOf = (root: HTMLElement, title: string): Picture => {
  root.classList.add("pictured");
  rewind(root);
  const picture = drawn(root, title);
  root.classList.remove("pictured");
  return picture;
};
