// The model that comes along: a small Llama for the words of a made-up world, about which examples/demo-world has all there is
// to know. It lies beside the sources, and beside what is built of them.
import { fileURLToPath } from "node:url";

/** A checkpoint folder like any other. */
export const demoFolder: string = fileURLToPath(new URL("../demo", import.meta.url));
