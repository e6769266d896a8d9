// What there is for pages and workers: all but what needs Node (models by their names, ONNX, files, the command line).

export * from "#backends";
export * from "./asked.ts";
export { type AskedPrompt, attributeAll } from "./attribute-all.ts";
export * from "./baselines.ts";
export * from "./cite.ts";
export * from "./compare.ts";
export * from "./explain.ts";
export * from "./explain-generated.ts";
export * from "./explainer.ts";
export * from "./explaining.ts";
export * from "./explanation.ts";
export * from "./generate.ts";
export * from "./keeping.ts";
export * from "./level.ts";
export * from "./levels.ts";
export * from "./load-files.ts";
export * from "./maps.ts";
export * from "./page/report.ts";
export * from "./promoted.ts";
export type { Prompt } from "./prompt.ts";
export * from "./question.ts";
export { type PlaceName, type Reading, readingOf } from "./reading.ts";
export * from "./result.ts";
export * from "./roles.ts";
export * from "./scores.ts";
export * from "./spans.ts";
export * from "./target.ts";
