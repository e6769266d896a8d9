import { test } from "uvu";
import * as assert from "uvu/assert";
import { inkFor, inkOf } from "../../src/report/ink.ts";

/** What an ink makes of a strong positive score. */
const painted = (isTerminal: boolean, env: Readonly<Record<string, string>>): string =>
  inkFor(isTerminal, env).onScale(1)("x");

test("no colour without a terminal, under NO_COLOR or on a dumb one", () => {
  assert.is(painted(false, { TERM: "xterm-256color", COLORTERM: "truecolor" }), "x");
  assert.is(painted(false, { CI: "1" }), "x");
  assert.is(painted(true, { NO_COLOR: "1", COLORTERM: "truecolor", FORCE_COLOR: "3" }), "x");
  assert.is(painted(true, { TERM: "dumb" }), "x");
  assert.is(painted(true, { FORCE_COLOR: "0", TERM: "xterm-256color" }), "x");
  assert.ok(inkFor(false, {}).plain);
});

test("as many colours as the terminal says it has", () => {
  assert.is(painted(true, { COLORTERM: "truecolor" }), "\x1b[48;2;250;140;40;38;2;0;0;0mx\x1b[0m");
  assert.is(painted(true, { TERM: "xterm-256color" }), "\x1b[48;5;208;38;5;16mx\x1b[0m");
  assert.is(painted(true, { TERM: "screen", TMUX: "/tmp/tmux" }), "\x1b[48;5;208;38;5;16mx\x1b[0m");
  assert.is(painted(true, { TERM: "linux" }), "\x1b[103;30mx\x1b[0m");
  assert.is(painted(false, { FORCE_COLOR: "2" }), "\x1b[48;5;208;38;5;16mx\x1b[0m");
});

test("a light terminal has a light scale", () => {
  const weak = (env: Readonly<Record<string, string>>) => inkFor(true, env).onScale(0.02)("x");
  assert.match(weak({ TERM: "xterm-256color", COLORFGBG: "0;15" }), "48;5;230");
  assert.match(weak({ TERM: "xterm-256color", COLORFGBG: "15;0" }), "48;5;94");
});

test("next to nothing, and no number, have no background", () => {
  assert.is(inkOf(24).onScale(0.001)("x"), "x");
  assert.is(inkOf(24).onScale(Number.NaN)("x"), "x");
});

test("half blocks: two colours a cell, one where the other is next to nothing, none where both are", () => {
  const [ink, sixteen] = [inkOf(8), inkOf(4)];
  assert.is(ink.halves(1, -1)(2), "\x1b[38;5;208;48;5;75m▀▀\x1b[0m");
  assert.is(ink.halves(1, 0)(1), "\x1b[38;5;208m▀\x1b[0m");
  assert.is(ink.halves(0, -1)(1), "\x1b[38;5;75m▄\x1b[0m");
  assert.is(ink.halves(0, Number.NaN)(3), "   ");
  assert.is(inkOf(24).halves(1, -1)(1), "\x1b[38;2;250;140;40;48;2;80;160;255m▀\x1b[0m");
  // Foregrounds of 16 colours stand ten before their backgrounds: bright yellow on bright blue, yellow on blue.
  assert.is(sixteen.halves(1, -1)(1), "\x1b[93;104m▀\x1b[0m");
  assert.is(sixteen.halves(0.3, -0.3)(1), "\x1b[33;44m▀\x1b[0m");
  assert.is(inkOf(1).halves(1, 1)(2), "  ");
});

test.run();
