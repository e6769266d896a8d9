export * from "./attribute.ts";
export * from "./backends.ts";
export * from "./baselines.ts";
export * from "./cite.ts";
export * from "./compare.ts";
export * from "./explain.ts";
export * from "./explain-generated.ts";
export * from "./explainer.ts";
export * from "./explanation.ts";
export * from "./export.ts";
export * from "./fingerprint.ts";
export * from "./generate.ts";
export {
  explanationIn,
  type GenerationResult,
  generationResult,
  readGeneration,
  saveGeneration,
} from "./generation.ts";
export * from "./level.ts";
export * from "./levels.ts";
export * from "./maps.ts";
export * from "./page/report.ts";
export * from "./promoted.ts";
export * from "./question.ts";
export { type PlaceName, type Reading, readingOf } from "./reading.ts";
export * from "./result.ts";
export * from "./roles.ts";
export { save } from "./save.ts";
export { readResult } from "./saved.ts";
export * from "./scores.ts";
export * from "./spans.ts";
export * from "./target.ts";
