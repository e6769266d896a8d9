// How does the model go on with a text? Token after token, as they come; ids are kept, never read back from the text.
//
//   for await (const { text } of generate(model, "The capital of France is", { maxTokens: 20 })) process.stdout.write(text)
import { type Backend, type Fault, fault, faultError, orThrow, type RunOptions } from "@depass/graph";
import type { Encoding, Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type BackendOptions, openBackend } from "#backends";
import { since } from "./clock.ts";
import { decoder } from "./decoder.ts";
import { encodePrompt } from "./explainer.ts";
import type { Prompt } from "./prompt.ts";
import { type Sampling, sample, samplingFaults } from "./sampling.ts";
import { probabilityOf } from "./target.ts";

/** Why a text ends: an end token, a text to stop at, as many tokens as were wanted, or as many as the model can read. */
export type Finish = "end" | "stop" | "tokens" | "context";

export type GenerateOptions = RunOptions &
  Sampling & {
    /** Default: 64. */
    readonly maxTokens?: number;
    /** Texts behind whose first occurrence the answer ends. */
    readonly stop?: readonly string[];
    /** An open backend, which stays open, or what to open for this call. */
    readonly backend?: Backend | BackendOptions;
    /** Without it every token takes a pass over the whole text; default: true. */
    readonly cache?: boolean;
  };

export type GeneratedToken = {
  readonly id: number;
  /** The characters that became whole with it; none for a special token or a part of a character. */
  readonly text: string;
  /** Its place among all tokens, the prompt's included. */
  readonly position: number;
  readonly logit: number;
  /** What the model gave it, before temperature and cuts. */
  readonly probability: number;
  /** With the last token: why it is the last. */
  readonly finish?: Finish;
};

/** A prompt and its continuation, one sequence. */
export type Generation = {
  /** Both together: text, ids, characters of each token. */
  readonly encoding: Encoding;
  /** Tokens of the prompt; generated ones are behind them. */
  readonly promptTokens: number;
  /** What was added to the prompt's text. */
  readonly text: string;
  readonly generated: readonly GeneratedToken[];
  readonly finish: Finish;
  /** Seconds: `prepare` compiles and uploads, `prompt` is until the first token, `tokens` is for the later ones. */
  readonly times: { readonly prepare: number; readonly prompt: number; readonly tokens: number };
};

const USUAL = 64; // tokens: a paragraph, and never endless

/** Ids that end a text: generation_config.json's, else config.json's. */
export const endTokens = ({ checkpoint: { eos, config } }: Model): readonly number[] => {
  const own = typeof config === "object" && config !== null && "eos_token_id" in config ? config.eos_token_id : [];
  return eos ?? (Array.isArray(own) ? own : [own]).filter((id): id is number => Number.isInteger(id));
};

/** The prompt as a model goes on with it: without what a tokenizer puts behind a text that is finished. */
const promptOf = (model: Model, prompt: Prompt): E.Either<readonly Fault[], Encoding> =>
  pipe(
    encodePrompt(model, prompt),
    E.map((found) => {
      const last = found.tokens.findLastIndex((t) => t.origin === "text");
      const tokens = found.tokens.slice(0, last + 1);
      return { ...found, tokens, ids: tokens.map((t) => t.id) };
    }),
    E.filterOrElse(
      ({ ids }) => ids.length < model.architecture.context,
      ({ ids }): readonly Fault[] => [
        fault(
          "prompt",
          "prompt",
          `fewer than ${model.architecture.context} tokens (the model's context)`,
          `${ids.length}`,
        ),
      ],
    ),
  );

const faultsOf = (options: GenerateOptions): readonly Fault[] => {
  const { maxTokens = USUAL, stop = [] } = options;
  return [
    ...samplingFaults(options),
    ...(Number.isInteger(maxTokens) && maxTokens >= 1
      ? []
      : [fault("usage", "max-tokens", "a whole number from 1 on", `${maxTokens}`)]),
    ...(stop.includes("") ? [fault("usage", "stop", "some text", "none")] : []),
  ];
};

const isBackend = (x: Backend | BackendOptions): x is Backend => "prepare" in x;

/**
 * Goes on with a prompt, a token at a time; what it returns at the end is the whole.
 * Throws a FaultError: an empty or too long prompt, settings out of range, no device, too little memory, aborted.
 */
export async function* generate(
  model: Model,
  prompt: Prompt,
  options: GenerateOptions = {},
): AsyncGenerator<GeneratedToken, Generation, undefined> {
  const faults = faultsOf(options);
  if (faults.length > 0) throw faultError(faults);
  const encoding = orThrow(promptOf(model, prompt));
  const choice = options.backend ?? {};
  const backend = isBackend(choice) ? choice : orThrow(await openBackend(choice)()).backend;
  try {
    return yield* written(model, encoding, backend, options);
  } finally {
    if (!isBackend(choice)) await backend.close();
  }
}

/** The whole continuation at once. Throws as generate() does. */
export const generateAll = async (model: Model, prompt: Prompt, options?: GenerateOptions): Promise<Generation> => {
  const tokens = generate(model, prompt, options);
  for (;;) {
    const next = await tokens.next();
    if (next.done) return next.value;
  }
};

async function* written(
  model: Model,
  encoding: Encoding,
  backend: Backend,
  options: GenerateOptions,
): AsyncGenerator<GeneratedToken, Generation, undefined> {
  const { maxTokens = USUAL, stop = [] } = options;
  const [ends, { context }, promptTokens] = [endTokens(model), model.architecture, encoding.ids.length];
  const preparing = since();
  const ready = orThrow(await decoder(model, backend, options)());
  const times = { prepare: preparing(), prompt: 0, tokens: 0 };
  const characters = new TextDecoder("utf-8", { ignoreBOM: true });
  const generated: GeneratedToken[] = [];
  let text = "";
  const finishWith = (id: number): Finish | undefined => {
    if (ends.includes(id)) return "end";
    if (stop.some((s) => text.includes(s))) return "stop";
    if (generated.length + 1 >= maxTokens) return "tokens";
    return promptTokens + generated.length + 1 >= context ? "context" : undefined;
  };
  try {
    const sequence = ready.start();
    for (let fresh: readonly number[] = encoding.ids; ; ) {
      const elapsed = since();
      const logits = orThrow(await sequence.read(fresh, options)());
      const id = sample(logits, options, generated.length);
      times[generated.length === 0 ? "prompt" : "tokens"] += elapsed();
      const own = characters.decode(model.tokenizer.bytes(id), { stream: true });
      text += own;
      const finish = finishWith(id);
      const token: GeneratedToken = {
        id,
        text: finish === undefined ? own : own + characters.decode(),
        position: promptTokens + generated.length,
        logit: logits[id] as number,
        probability: probabilityOf(id, logits),
        ...(finish === undefined ? {} : { finish }),
      };
      generated.push(token);
      yield token;
      if (finish !== undefined) {
        const ids = generated.map((t) => t.id);
        const whole = model.tokenizer.continued(encoding, ids);
        const added = whole.text.slice(encoding.text.length);
        return { encoding: whole, promptTokens, text: added, generated, finish, times };
      }
      fresh = [id];
    }
  } finally {
    ready.dispose();
  }
}
