export * from "./attribute.ts";
export * from "./backends.ts";
export * from "./explainer.ts";
export * from "./export.ts";
export * from "./result.ts";
export * from "./target.ts";
