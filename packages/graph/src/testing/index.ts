export * from "./arbitrary.ts";
export * from "./arbitrary-decomposition.ts";
export * from "./arbitrary-model.ts";
export * from "./cases.ts";
export * from "./close.ts";
export * from "./gradients.ts";
export * from "./values.ts";
