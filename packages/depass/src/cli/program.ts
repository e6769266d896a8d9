// Which commands are there, with which options? Parsing and help only: what a command does is loaded when it is called.
import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import type { AttributeOptions } from "./attribute.ts";
import { asking, configured, examples, methodWords, withParts } from "./command.ts";
import type { CompareOptions } from "./compare.ts";
import type { DevicesOptions } from "./devices.ts";
import type { ExportOptions } from "./export.ts";
import type { GenerateOptions } from "./generate.ts";
import type { MapOptions } from "./map.ts";
import * as options from "./options.ts";
import { settle } from "./outcome.ts";
import { basis, from, topNeurons } from "./part-options.ts";
import type { PlanCommandOptions } from "./plan.ts";
import type { ReportOptions } from "./report.ts";
import type { ShowOptions } from "./show.ts";
import type { VerifyOptions } from "./verify.ts";

const version = (): string =>
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version as string;

const attribute = (): Command =>
  withParts(asking("attribute"))
    .summary("score what each token of a prompt supplied to the next")
    .description(
      "Why this token? How much of its logit each token of the prompt supplied; the scores sum to the logit.",
    )
    .addOption(options.to())
    .option("--layers", "the scores at every layer, too, read through the last norm")
    .addOption(topNeurons())
    .addOption(options.promotes())
    .addOption(options.rule())
    .addOption(options.temperatureOption())
    .addOption(options.special())
    .addOption(options.mode())
    .addOption(options.backend())
    .addOption(options.adapter())
    .addOption(options.memory())
    .option("--all", "a row for every token, however long the prompt")
    .addOption(options.format())
    .option("--json", "the same as --format json: one object on stdout, and nothing else")
    .addOption(options.saveTo())
    .addOption(options.reportTo())
    .option("--maps", "with --report: what each head and module of each layer supplied, too")
    .option("--compare", "with --report: how much the scores move between rules, too")
    .addHelpText(
      "after",
      examples(
        'depass attribute --model MODEL --prompt "The capital of France is"',
        'depass attribute --model MODEL --prompt "The capital of France is" --target " Paris" --json',
        'depass attribute --model MODEL --prompt "The capital of France is" --foil " Rome" --rule taylor',
        'depass attribute --model MODEL --prompt "The capital of France is" --seed head --from 20',
        'depass attribute --model MODEL --prompt "The capital of France is" --seed neuron --from 20 --top 10',
        "depass attribute --model MODEL --prompt-file story.txt --seed words --layers --save scores.safetensors",
        'depass attribute --model MODEL --prompt "The capital of France is" --layers --report why.html',
        "depass attribute --model MODEL --prompts capitals.jsonl --json --save all.jsonl --report all.html",
      ),
    )
    .action(async (given: AttributeOptions, command: Command) =>
      settle((await import("./attribute.ts")).attribute(given, methodWords(command))),
    );

const map = (): Command =>
  asking("map")
    .summary("score every head and module of every layer")
    .description(
      "Which heads and modules made this token? A score for each of every layer, from one forward pass; with --rule taylor for every neuron, too.",
    )
    .addOption(options.rule())
    .addOption(options.temperatureOption())
    .addOption(options.top())
    .addOption(options.backend())
    .addOption(options.adapter())
    .addOption(options.memory())
    .addOption(options.format())
    .option("--json", "the same as --format json: one object on stdout, and nothing else")
    .addOption(options.saveTo([".json", ".jsonl"]))
    .addOption(options.reportTo())
    .addHelpText(
      "after",
      examples(
        'depass map --model MODEL --prompt "When Mary and John went to the store, John gave a drink to"',
        'depass map --model MODEL --prompt "The capital of France is" --foil " Rome" --rule taylor --top 20',
      ),
    )
    .action(async (given: MapOptions, command: Command) =>
      settle((await import("./map.ts")).map(given, methodWords(command))),
    );

const compare = (): Command =>
  withParts(asking("compare"))
    .summary("how much the scores move between rules")
    .description("The same parts of the same prediction under every rule: what stays is worth more than what does not.")
    .addOption(options.backend())
    .addOption(options.adapter())
    .addOption(options.memory())
    .addOption(options.format())
    .option("--json", "the same as --format json: one object on stdout, and nothing else")
    .addOption(options.saveTo([".json", ".jsonl"]))
    .addOption(options.reportTo())
    .addHelpText("after", examples('depass compare --model MODEL --prompt "The capital of France is" --foil " Rome"'))
    .action(async (given: CompareOptions, command: Command) =>
      settle((await import("./compare.ts")).compare(given, methodWords(command))),
    );

const report = (): Command =>
  configured(new Command("report"))
    .summary("put saved results on one page")
    .description("A page to look at from results that were saved, one or many, to be sorted and searched.")
    .argument("<files...>", "what --save wrote: attributions, maps, comparisons, generated texts")
    .addOption(options.pageOut().makeOptionMandatory())
    .addHelpText("after", examples("depass report paris.json rome.safetensors --out all.html"))
    .action(async (files: readonly string[], given: ReportOptions) =>
      settle((await import("./report.ts")).report(files, given)),
    );

const verify = (): Command =>
  configured(new Command("verify"))
    .summary("make a saved result again and compare")
    .description("The call that made a saved result is made once more; weights, graph, ids and scores are compared.")
    .argument("<file>", "what --save wrote")
    .addOption(options.model())
    .addOption(options.families())
    .addOption(options.method())
    .addOption(basis())
    .addOption(options.direction())
    .addOption(options.backend())
    .addOption(options.adapter())
    .addOption(options.memory())
    .addOption(options.tolerance())
    .addHelpText("after", examples("depass verify scores.safetensors", "depass verify scores.json --backend reference"))
    .action(async (file: string, given: VerifyOptions) => settle((await import("./verify.ts")).verify(file, given)));

const devices = (): Command =>
  configured(new Command("devices"))
    .summary("list what can run here")
    .description("Every GPU adapter with its limits and features, and which backend is taken when none is named.")
    .option("--json", "one JSON object on stdout, and nothing else")
    .addHelpText("after", examples("depass devices"))
    .action(async (given: DevicesOptions) => settle((await import("./devices.ts")).devices(given)));

const views = ["sites", "decomposed", "packed", "plan", "kernel"] as const;

const view = (flags: string, description: string): Option => {
  const option = new Option(flags, description);
  return option.conflicts(views.filter((v) => v !== option.attributeName()));
};

const show = (): Command =>
  configured(new Command("show"))
    .summary("print graphs, plans and kernels")
    .description("The model's graph, or what it becomes on its way to the device. Reads no weights, needs no GPU.")
    .addOption(options.model())
    .addOption(options.families())
    .addOption(view("--sites", "names of the places in the model"))
    .addOption(
      view("--decomposed", "the graph with its parts, and which of its nodes are exact, frozen or by the rule"),
    )
    .addOption(view("--packed", "that graph without causal zeros: what runs"))
    .addOption(view("--plan", "its steps and buffers"))
    .addOption(options.tokens())
    .addOption(view("--kernel <step>", "the WGSL of one step of the plan, by number or name"))
    .addOption(options.adapter())
    .addOption(from())
    .addOption(options.temperatureOption())
    .addOption(options.special())
    .addHelpText(
      "after",
      examples(
        "depass show --model MODEL",
        "depass show --model MODEL --plan --tokens 512",
        "depass show --model MODEL --kernel 7",
      ),
    )
    .action(async (given: ShowOptions) => settle((await import("./show.ts")).show(given)));

const plan = (): Command =>
  withParts(configured(new Command("plan")))
    .summary("say what an explanation would take")
    .description(
      "Bytes, tiles, operations and a guess at the time of parts carried forward, before any of the model's weights are read.",
    )
    .addOption(options.model())
    .addOption(options.families())
    .addOption(options.method())
    .addOption(new Option("--prompt <text>", "what to explain").conflicts(["promptFile", "tokens"]))
    .addOption(new Option("--prompt-file <file>", "read the prompt from a file").conflicts("tokens"))
    .addOption(options.specialTokens().conflicts("tokens"))
    .addOption(options.chat().conflicts("tokens"))
    .addOption(options.messages().conflicts(["prompt", "promptFile", "tokens"]))
    .addOption(options.tokenCount())
    .addOption(options.rule())
    .addOption(options.temperatureOption())
    .addOption(options.special())
    .option("--layers", "with the scores at every layer")
    .option("--maps", "what heads and modules of all layers take, too, as --maps of attribute and the command map")
    .addOption(options.deviceBackend())
    .addOption(options.adapter())
    .addOption(options.memory())
    .addOption(options.format("quantity"))
    .option("--json", "the same as --format json: one object on stdout, and nothing else")
    .addHelpText(
      "after",
      examples("depass plan --model MODEL --tokens 1024", "depass plan --model MODEL --tokens 512 --memory 2GiB"),
    )
    .action(async (given: PlanCommandOptions) => settle((await import("./plan.ts")).plan(given)));

/** Names of the options that are in the call, those with defaults too. */
const givenIn = (command: Command): ReadonlySet<string> =>
  new Set(Object.keys(command.opts()).filter((name) => command.getOptionValueSource(name) === "cli"));

const exportCommand = (): Command =>
  configured(new Command("export"))
    .summary("write the model as an .onnx file")
    .description(
      "The model, or its decomposition, for any runtime that reads ONNX: FILE.onnx, and the weights in FILE.onnx.data.",
    )
    .addOption(options.model())
    .addOption(options.families())
    .addOption(options.out())
    .addOption(
      new Option("--decomposed", "logits at a position, and what each token supplied to them").conflicts("states"),
    )
    .option("--states", "the state at every place of the model as an output (see depass show --sites)")
    .addOption(from())
    .addOption(options.temperatureOption())
    .addOption(options.special())
    .option("--force", "overwrite files that are there")
    .option("--json", "one JSON object on stdout, and nothing else")
    .addHelpText(
      "after",
      examples(
        "depass export --model MODEL --out model.onnx",
        "depass export --model MODEL --out parts.onnx --decomposed --from 8",
      ),
    )
    .action(async (given: ExportOptions, command: Command) =>
      settle((await import("./export.ts")).exportFile(given, givenIn(command))),
    );

const generate = (): Command => {
  const command = configured(new Command("generate"))
    .summary("go on with a prompt, and explain or cite the answer")
    .description("The model goes on with a prompt. Each token it adds can be explained by all tokens before it.")
    .addOption(options.model())
    .addOption(options.families())
    .addOption(
      new Option("--prompt <text>", "what to go on with; - or none reads what is piped in").conflicts("promptFile"),
    )
    .option("--prompt-file <file>", "read the prompt from a file")
    .addOption(options.specialTokens())
    .addOption(options.chat())
    .addOption(options.messages())
    .addOption(options.maxTokens());
  for (const option of [...options.sampling(), options.stop()]) command.addOption(option);
  command.option("--explain", "what the tokens before each new one supplied to it");
  for (const option of [...options.explaining(), ...options.textFoils()]) command.addOption(option);
  return command
    .option("--cite <text>", "where in the prompt this text of the answer comes from")
    .addOption(options.unit())
    .addOption(options.backend())
    .addOption(options.adapter())
    .addOption(options.memory())
    .addOption(options.format())
    .option("--json", "the same as --format json: one object on stdout, and nothing else")
    .addOption(options.saveTextTo())
    .addOption(options.reportTo())
    .addHelpText(
      "after",
      examples(
        'depass generate --model DIR --prompt "The capital of France is" --explain',
        'depass generate --model DIR --prompt "The capital of France is" --explain --foil',
        'depass generate --model DIR --prompt "The capital of France is" --explain --parts head --from 20 --rule taylor',
        'depass generate --model DIR --prompt-file notes.txt --temperature 0.7 --seed 3 --cite "in May" --by sentence',
      ),
    )
    .action(async (given: GenerateOptions, command: Command) =>
      settle((await import("./generate.ts")).generate(given, methodWords(command))),
    );
};

export const program = (): Command =>
  configured(new Command("depass"))
    .description("DePass: how much of a prediction each token of the prompt supplied, as scores that sum to the logit.")
    .version(version())
    .addCommand(attribute())
    .addCommand(map())
    .addCommand(generate())
    .addCommand(compare())
    .addCommand(verify())
    .addCommand(report())
    .addCommand(devices())
    .addCommand(plan())
    .addCommand(show())
    .addCommand(exportCommand())
    .addHelpText(
      "after",
      examples('depass attribute --model MODEL --prompt "The capital of France is"', "depass attribute --help"),
    );
