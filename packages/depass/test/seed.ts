// Random cases are chosen the same way in every package.
export { fuzz } from "../../graph/test/seed.ts";
