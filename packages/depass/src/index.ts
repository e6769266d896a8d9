export * from "./apart.ts";
export * from "./attribute.ts";
export * from "./browser.ts";
export * from "./export.ts";
export * from "./fingerprint.ts";
export {
  explanationIn,
  type GenerationResult,
  generationResult,
  readGeneration,
  saveGeneration,
} from "./generation.ts";
export { save, saveAll } from "./save.ts";
export { readResult } from "./saved.ts";
export { readSaved, type Saved, type SavedIn } from "./saved-kinds.ts";
