// The tokenizer in a folder of this machine.
//
//   const tokenizer = await loadTokenizer("models/demo")()          // Either<readonly Fault[], Tokenizer>
//   tokenizer.encode("The capital of France is", { special: true })
import type { Faulty } from "@depass/graph";
import { onDisk } from "./disk.ts";
import { type Tokenizer, tokenizerIn } from "./tokenizer/built.ts";

export type { EncodeOptions, Encoding, SplitSpecialTokens, TextRange, Token, Tokenizer } from "./tokenizer/built.ts";
export { tokenizerOf } from "./tokenizer/built.ts";

/** The tokenizer of a checkpoint's folder. Faults: those of tokenizerOf, and a missing or damaged tokenizer.json. */
export const loadTokenizer = (folder: string): Faulty<Tokenizer> => tokenizerIn(onDisk(folder, []));
