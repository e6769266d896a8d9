// How does something leave the page? As a file to save, or by the clipboard; a page from disk may do both.
import type { Picture } from "./picture.ts";

export const save = (name: string, blob: Blob): void => {
  const url = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement("a"), { href: url, download: `depass-${name}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser may still be asking where to put it
};

/** Sharp on any screen. */
const ZOOM = 2;
/** Browsers draw on no larger canvas. */
const MOST_PIXELS = 16_000;

export const pngOf = async ({ svg, width, height }: Picture): Promise<Blob> => {
  const zoom = Math.min(ZOOM, MOST_PIXELS / Math.max(width, height));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), {
    width: Math.round(width * zoom),
    height: Math.round(height * zoom),
  });
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob === null ? reject(new Error("no picture")) : resolve(blob)), "image/png"),
  );
};

/** Whether it worked: where the clipboard is denied, by the older way. */
export const copy = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
};

/** Whether it worked; there is no older way for pictures. */
export const copyPicture = async (png: Promise<Blob>): Promise<boolean> => {
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
    return true;
  } catch {
    return false;
  }
};
