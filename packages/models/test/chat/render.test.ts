import { test } from "uvu";
import * as assert from "uvu/assert";
import { render } from "../../src/chat/render.ts";
import { left, right } from "../either.ts";

const refused = async (template: string, message: RegExp, variables = {}): Promise<void> =>
  assert.match(left(await render(template, [variables], "t")()), message);

test("a text for each of the variables", async () => {
  assert.equal(right(await render("{{ a }}é", [{ a: 1 }, { a: "東" }], "t")()), ["1é", "東é"]);
});

test("what is no template, and one that refuses its messages", async () => {
  await refused("{% for", /t: expected a template that can be applied to these messages, got .*; see what it asks for/);
  await refused("{{ raise_exception('Roles must alternate') }}", /got Roles must alternate/);
  await refused("{{ raise_exception('a\u001b\nb') }}", /got a\\u001b\\nb/);
  await refused("{{ a | shout }}", /got .*shout/);
  await refused("{{ a.constructor.constructor('return process')() }}", /got /, { a: [] });
  await refused(`{{ ${"(".repeat(100_000)}1 }}`, /got Maximum call stack/);
});

test("one that has no end, fills the memory, or writes without measure", async () => {
  const list = "{% for i in range(9000000) %}";
  const stopped =
    /with 256 MB of memory, got a template that takes more; do not use|within 5 s, got no end; do not use/;
  await refused(`${list}${list}{% endfor %}{% endfor %}`, stopped);
  await refused("{% for i in range(1000000000) %}{% endfor %}", stopped);
  const twice = "{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}";
  await refused(`{% set ns = namespace(x=[1, 2]) %}${twice}`, stopped);
  await refused(`{% set ns = namespace(x='ab') %}${twice}`, /got Invalid string length/);
  await refused("{% for i in range(40) %}{{ a }}{% endfor %}", /at most 32 MiB of text, got more/, {
    a: "x".repeat(2 ** 20),
  });
});

test.run();
