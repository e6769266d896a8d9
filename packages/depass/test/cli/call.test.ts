import { test } from "uvu";
import * as assert from "uvu/assert";
import { called } from "../run.ts";

test("every command has a help with examples", async () => {
  for (const args of [
    ["--help"],
    ["attribute", "--help"],
    ["devices", "--help"],
    ["show", "--help"],
    ["help", "show"],
  ]) {
    const { code, stdout, stderr } = await called(args);
    assert.is(code, 0, args.join(" "));
    assert.match(stdout, /^Usage: depass/);
    assert.match(stdout, "Examples:\n  depass ");
    assert.is(stderr, "");
  }
});

const wrong: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [["nonsense"], /^depass: unknown command 'nonsense'\n$/],
  [["attribute", "--modle", "x"], /^depass: unknown option '--modle'\n\(Did you mean one of --mode, --model\?\)\n$/],
  [["attribute", "extra"], /^depass: too many arguments for 'attribute'/],
  [["attribute", "--model"], /^depass: option '--model <model>' argument missing\n$/],
  [["attribute", "--model", ""], /Expected a folder/],
  [["attribute", "--temperature", "0"], /'0' is invalid\. Expected a number above 0/],
  [["attribute", "--temperature", "-1"], /'-1' is invalid\. Expected a number above 0/],
  [["attribute", "--temperature", "NaN"], /Expected a number above 0/],
  [["attribute", "--temperature", "abc"], /Expected a number above 0/],
  [["attribute", "--from", "first"], /Expected a whole number/],
  [["attribute", "--memory", "lots"], /Expected bytes, such as 2GiB/],
  [["attribute", "--special", "maybe"], /Allowed choices are ignore, keep/],
  [["attribute", "--backend", "cuda"], /Allowed choices are auto, webgpu, cpu, reference/],
  [["attribute", "--save", "x.txt"], /Expected a name that ends in \.json or \.safetensors/],
  [["attribute", "--prompt", "a", "--prompt-file", "b"], /cannot be used with option/],
  [
    ["attribute", "--model", "x", "--backend", "reference", "--memory", "1GiB"],
    /^depass: --memory: expected a backend/,
  ],
  [["attribute", "--model", "x", "--json", "--all"], /^depass: --all: expected the report for people/],
  [["show", "--plan", "--sites"], /cannot be used with option/],
  [["show", "--model", "x", "--tokens", "5"], /^depass: --tokens: expected --plan with it/],
];

test("a wrong call has status 2, one clear message and nothing on stdout", async () => {
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await called(args);
    assert.is(code, 2, args.join(" "));
    assert.is(stdout, "");
    assert.match(stderr, message);
    assert.not.match(stderr, /^ +at /m);
  }
});

test.run();
