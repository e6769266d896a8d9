// The page: a question goes to the worker, and what comes back is shown. Texts are only ever set as text; the report, which is
// a page of its own, stands in a frame that shares nothing with this one.
import { type Asked, ruleNames, type Said } from "./messages.ts";

const byId = <A extends HTMLElement>(id: string): A => document.getElementById(id) as A;

const form = byId<HTMLFormElement>("question");
const explain = byId<HTMLButtonElement>("explain");
const [stop, slow] = [byId<HTMLButtonElement>("stop"), byId<HTMLButtonElement>("slow")];
const [status, trouble, report] = [byId("status"), byId("trouble"), byId("report")];

const asked = (backend: Asked["backend"]): Asked => {
  const data = new FormData(form);
  const text = (name: string): string => String(data.get(name) ?? "");
  return {
    prompt: text("prompt"),
    target: text("target"),
    rule: ruleNames.find((name) => name === text("rule")) ?? "softmax",
    layers: data.has("layers"),
    backend,
    // A choice of no file is one file without a name.
    files: data.getAll("files").filter((file) => file instanceof File && file.name !== "") as File[],
  };
};

/** A frame of its own for each report: one that was hidden and shown again may stay empty in Chromium. */
const framed = (page: string): HTMLIFrameElement => {
  const frame = document.createElement("iframe");
  frame.title = "Explanation";
  frame.setAttribute("sandbox", "allow-scripts allow-downloads");
  frame.srcdoc = page;
  return frame;
};

/** One question at a time. */
const setBusy = (busy: boolean): void => {
  explain.disabled = busy;
  stop.hidden = !busy;
};

const shows: { readonly [K in Said["kind"]]: (said: Extract<Said, { kind: K }>) => void } = {
  doing: ({ what }) => {
    status.textContent = `${what} …`;
  },
  explained: ({ page, summary }) => {
    status.textContent = summary;
    report.replaceChildren(framed(page));
    setBusy(false);
  },
  faults: ({ text, noGpu }) => {
    status.textContent = "";
    trouble.textContent = text;
    slow.hidden = !noGpu;
    setBusy(false);
  },
};

const show = <K extends Said["kind"]>(said: Extract<Said, { kind: K }>): void => shows[said.kind as K](said);

const started = (): Worker => {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }: MessageEvent<Said>) => show(data));
  worker.addEventListener("error", ({ message }) => show({ kind: "faults", text: message, noGpu: false }));
  return worker;
};

let worker = started();
/** The browser said that it has no WebGPU, and somebody chose to go on without. */
let backend: Asked["backend"] = "webgpu";

const ask = (): void => {
  trouble.textContent = "";
  slow.hidden = true;
  report.replaceChildren();
  setBusy(true);
  worker.postMessage(asked(backend));
};

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});

slow.addEventListener("click", () => {
  backend = "reference";
  ask();
});

stop.addEventListener("click", () => {
  worker.terminate();
  worker = started();
  setBusy(false);
  status.textContent = "stopped";
});
