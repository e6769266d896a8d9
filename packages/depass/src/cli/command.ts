// What have the commands in common? How they fail, what those that ask a model are asked, and how a call reads.
import { Command, Option } from "commander";
import { givenWords } from "./call-line.ts";
import * as options from "./options.ts";
import { parts } from "./part-options.ts";

/** What is true of every command: messages under our name, help on request, a wrong call is thrown to main. */
export const configured = (command: Command): Command =>
  command
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, "depass: ")),
    });

/** The options of a call as words, but for the prompts, what is asked of each, and where the result goes. */
export const methodWords = (command: Command): readonly string[] =>
  givenWords(command, ["prompt", "prompts", "messages", "target", "foil", "report", "save", "json", "format"]);

export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((l) => `  ${l}`).join("\n")}`;

/** A command that asks a model about what it would say next. */
export const asking = (name: string): Command =>
  configured(new Command(name))
    .addOption(options.model())
    .addOption(options.families())
    .addOption(options.method())
    .addOption(
      new Option("--prompt <text>", "what to explain; - or none reads what is piped in").conflicts("promptFile"),
    )
    .addOption(new Option("--prompt-file <file>", "read the prompt from a file").conflicts("prompts"))
    .addOption(
      new Option(
        "--prompts <file>",
        "many prompts: a text line each, or .jsonl or .json, each with its target and foil",
      ).conflicts("prompt"),
    )
    .addOption(options.specialTokens())
    .addOption(options.chat())
    .addOption(options.messages().conflicts(["prompt", "promptFile", "prompts"]))
    .option("--target <token>", "text of one token, with its space, or #ID (default: what the model says next)")
    .option("--foil <token...>", "why the target and not this: scores of its logit minus the mean of theirs")
    .addOption(options.direction());

/** The options that say what the parts are. */
export const withParts = (command: Command): Command => parts().reduce((c, option) => c.addOption(option), command);
