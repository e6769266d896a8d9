// Writes a case of dense.cases.ts as a checkpoint: node scripts/run.mjs packages/depass/test/families/write.ts NAME FOLDER
import { mkdir } from "node:fs/promises";
import { writeFamily } from "./checkpoint.ts";
import { cases } from "./dense.cases.ts";
import { inputs } from "./law.ts";

const [name = "", folder] = process.argv.slice(2);
const found = cases[name];
if (found === undefined || folder === undefined)
  throw new Error(`give NAME and FOLDER; names are ${Object.keys(cases).join(", ")}`);
await mkdir(folder, { recursive: true });
await writeFamily(folder, found.config);
console.log(`${name} in ${folder}; the row of dense.logits.ts is of its last token behind ${[...inputs.tokens.data]}`);
