export * from "./backend.ts";
export * from "./export.ts";
