// What does the reader point at? Whatever has `data-parts` can be hovered, focused and locked, by mouse, touch or keys;
// everything that shows the same parts is marked with it. One set of listeners serves the whole page.
import type { Selection } from "../src/page/told.ts";

export type Pointed = { readonly now?: Selection | undefined; readonly locked?: Selection | undefined };

export type Pointing = {
  readonly pointed: () => Pointed;
  /** Called at every change; returns how to stop. */
  readonly listen: (heard: () => void) => () => void;
  readonly unlock: () => void;
};

const selectionOf = (element: HTMLElement | undefined): Selection | undefined => {
  if (element === undefined) return undefined;
  const { parts = "", layer, rule, module } = element.dataset;
  const numbers = (text: string): readonly number[] => text.split(" ").filter(Boolean).map(Number);
  return {
    parts: numbers(parts),
    ...(layer === undefined ? {} : { layer: Number(layer) }),
    ...(rule === undefined ? {} : { rule: Number(rule) }),
    ...(module === undefined ? {} : { module: numbers(module) as [number, number] }),
  };
};

const same = (a: Selection | undefined, b: Selection | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

const pointable = (target: EventTarget | null): HTMLElement | undefined =>
  (target instanceof Element && target.closest<HTMLElement>("[data-parts]")) || undefined;

/** Whatever shows one of the parts; of a part at a layer or by a rule, its cell and what shows the part in general. */
const showing = (root: HTMLElement, { parts, layer, rule, module }: Selection): readonly HTMLElement[] => {
  const all = (selector: string): readonly HTMLElement[] => [...root.querySelectorAll<HTMLElement>(selector)];
  if (module !== undefined) return all(`[data-module="${module.join(" ")}"]`);
  return parts
    .flatMap((part) => all(`[data-parts~="${part}"]`))
    .filter(({ dataset }) => dataset.layer === undefined || dataset.layer === `${layer}`)
    .filter(({ dataset }) => dataset.rule === undefined || dataset.rule === `${rule}`);
};

const states: Readonly<Record<string, string>> = { option: "aria-selected", gridcell: "aria-selected" };

/** The attribute that tells a listener what is locked. */
const stateOf = (element: HTMLElement): string | undefined =>
  element.tagName === "BUTTON" ? "aria-pressed" : states[element.getAttribute("role") ?? ""];

const mark = (root: HTMLElement, name: "now" | "locked", selection: Selection | undefined): void => {
  for (const element of root.querySelectorAll<HTMLElement>(`.${name}`)) {
    element.classList.remove(name);
    const state = stateOf(element);
    if (name === "locked" && state !== undefined) element.setAttribute(state, "false");
  }
  for (const element of selection === undefined ? [] : showing(root, selection)) {
    element.classList.add(name);
    const state = stateOf(element);
    if (name === "locked" && state !== undefined) element.setAttribute(state, "true");
  }
};

/** How far an arrow goes in a group of elements; its rows are `data-columns` long, if it has rows. */
const stepOf = (key: string, group: HTMLElement): number => {
  const columns = Number(group.dataset.columns ?? 1);
  const forward = getComputedStyle(group).direction === "rtl" ? -1 : 1;
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: group.dataset.columns === "1" ? 0 : -forward,
    ArrowRight: group.dataset.columns === "1" ? 0 : forward,
    ArrowUp: -columns,
    ArrowDown: columns,
    Home: Number.NEGATIVE_INFINITY,
    End: Number.POSITIVE_INFINITY,
  };
  return steps[key] ?? 0;
};

const focusables = (group: HTMLElement): readonly HTMLElement[] => [
  ...group.querySelectorAll<HTMLElement>("[tabindex]"),
];

/** One element of each group can be reached by Tab, the others from there by arrows. */
const reach = (element: HTMLElement): void => {
  const group = element.closest<HTMLElement>("[data-roving]");
  if (group === null) return;
  for (const other of group.querySelectorAll<HTMLElement>('[tabindex="0"]')) other.tabIndex = -1;
  element.tabIndex = 0;
};

/** Whether the key was one that moves. */
export const move = (element: HTMLElement, key: string): boolean => {
  const group = element.closest<HTMLElement>("[data-roving]");
  const step = group === null ? 0 : stepOf(key, group);
  if (group === null || step === 0) return false;
  const all = focusables(group);
  const next = all.indexOf(element) + step;
  all[Number.isFinite(step) ? next : step < 0 ? 0 : all.length - 1]?.focus();
  return true;
};

/** Listens to the page. */
export const pointing = (root: HTMLElement): Pointing => {
  let pointed: Pointed = {};
  const listeners = new Set<() => void>();
  const change = (next: Pointed): void => {
    if (same(next.now, pointed.now) && same(next.locked, pointed.locked)) return;
    pointed = next;
    mark(root, "now", pointed.now);
    mark(root, "locked", pointed.locked);
    for (const heard of listeners) heard();
  };
  const point = (element: HTMLElement | undefined): void => change({ ...pointed, now: selectionOf(element) });
  const lock = (element: HTMLElement): void => {
    const chosen = selectionOf(element);
    change({ ...pointed, locked: same(chosen, pointed.locked) ? undefined : chosen });
  };
  const unlock = (): void => change({ ...pointed, locked: undefined });
  root.addEventListener("pointerover", ({ target }) => point(pointable(target)));
  root.addEventListener("pointerleave", () => point(undefined));
  root.addEventListener("focusin", ({ target }) => {
    const element = pointable(target);
    point(element);
    if (target instanceof HTMLElement && target.hasAttribute("tabindex")) reach(target);
  });
  root.addEventListener("focusout", () => point(undefined));
  root.addEventListener("click", ({ target }) => {
    const element = pointable(target);
    if (element !== undefined) lock(element);
  });
  root.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (key === "Escape") return unlock();
    if (!(target instanceof HTMLElement)) return;
    const element = pointable(target);
    const chooses = element !== undefined && (key === "Enter" || key === " ") && target.tagName !== "BUTTON"; // a button clicks by itself
    if (chooses) lock(element);
    if (chooses || move(target, key)) event.preventDefault();
  });
  return {
    pointed: () => pointed,
    listen: (heard) => {
      listeners.add(heard);
      return () => listeners.delete(heard);
    },
    unlock,
  };
};
