// What was run, and how does one get it again? The method, model, backend and times; the command and the data to copy.
import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { ranFacts } from "../src/page/ran.ts";
import type { AnswerSheet } from "../src/page/sheet.ts";
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

/** Of maps alone the parts and their sum say nothing. */
const dataOf = ({ result, modules, rules }: AnswerSheet): unknown => {
  const { parts: _, total: _t, ...rest } = result;
  return result.parts.length === 0
    ? { ...rest, ...modules }
    : { ...result, ...(modules && { maps: modules }), ...(rules && { comparison: rules }) };
};

export const Run = () => {
  const page = usePage();
  const { result, command, stretch, idOf } = page;
  const json = (): string => JSON.stringify(dataOf(page), null, 2);
  return (
    <section aria-labelledby={idOf("run")}>
      <h2 id={idOf("run")}>What was run</h2>
      <dl class="facts">
        {ranFacts(result, stretch).map(([name, text]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{harmless(text)}</dd>
          </Fragment>
        ))}
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
