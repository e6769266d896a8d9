export * from "./attribute.ts";
export * from "./browser.ts";
export * from "./export.ts";
export * from "./fingerprint.ts";
export { save } from "./save.ts";
export { readResult } from "./saved.ts";
