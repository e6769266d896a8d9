// What was run, and how does one get it again? The method, model, backend and times; the command and the data to copy.
import { useState } from "preact/hooks";
import type { AnswerSheet } from "../src/page/sheet.ts";
import { duration } from "../src/report/numbers.ts";
import { harmless } from "../src/report/visible.ts";
import { usePage } from "./context.ts";
import { copy, save } from "./save.ts";

const Copy = ({ title, text }: { readonly title: string; readonly text: () => string }) => {
  const [said, say] = useState("");
  return (
    <>
      <button
        type="button"
        class="action"
        onClick={async () => say((await copy(text())) ? "copied" : "the browser did not allow it")}
      >
        {title}
      </button>{" "}
      <span role="status">{said}</span>
    </>
  );
};

const Fact = ({ name, text }: { readonly name: string; readonly text: string }) =>
  text === "" ? null : (
    <>
      <dt>{name}</dt>
      <dd>{harmless(text)}</dd>
    </>
  );

/** Of maps alone the parts and their sum say nothing. */
const dataOf = ({ result, modules, rules }: AnswerSheet): unknown => {
  const { parts: _, total: _t, ...rest } = result;
  return result.parts.length === 0
    ? { ...rest, ...modules }
    : { ...result, ...(modules && { maps: modules }), ...(rules && { comparison: rules }) };
};

export const Run = () => {
  const page = usePage();
  const { result, command } = page;
  const { model, rule, seed, mode, to, backend, device, why, times, position, hashes } = result;
  const json = (): string => JSON.stringify(dataOf(page), null, 2);
  const load = times.load === undefined ? "" : `load ${duration(times.load)}, `;
  return (
    <section aria-labelledby="run">
      <h2 id="run">What was run</h2>
      <dl class="facts">
        <Fact name="Model" text={`${model.path} (${model.family}, ${model.layers} layers)`} />
        <Fact name="Rule" text={rule} />
        <Fact name="Parts" text={seed} />
        <Fact name="Read" text={`behind token ${position}${to === undefined ? "" : `, at ${to}`}`} />
        <Fact name="Mode" text={mode === "adjoint" ? "one pass backwards" : "parts carried forward"} />
        <Fact name="Backend" text={backend === "" ? "" : `${backend} on ${device}: ${why}`} />
        {hashes !== undefined && <Fact name="Hashes" text={`weights ${hashes.weights}, graph ${hashes.graph}`} />}
        <Fact name="Time" text={`${load}prepare ${duration(times.prepare)}, run ${duration(times.run)}`} />
      </dl>
      {command !== undefined && (
        <div class="command">
          <pre>{harmless(command)}</pre>
          <Copy title="Copy command" text={() => command} />
        </div>
      )}
      <p>
        <Copy title="Copy data (JSON)" text={json} />
        <button
          type="button"
          class="action"
          onClick={() => save("attribution.json", new Blob([json()], { type: "application/json" }))}
        >
          Save data (JSON)
        </button>
      </p>
    </section>
  );
};
