import { useState } from "preact/hooks";
import type { HeadEdit } from "induction-lens/browser";
import { useAnswer, usePage } from "../../page/page.ts";
import { Folded, Task } from "./folded.tsx";
import { entry, type Lesson } from "./lesson.ts";
import { largestIn, lengthOf, Strip } from "./strip.tsx";

/** A token becomes a vector, layers add to it, the end of it says what comes next. The reader hides layers. */
export function StreamLesson({ lesson }: { readonly lesson: Lesson }) {
  const { engine } = usePage();
  const { facts, sequence, query, tokenAt } = lesson;
  const names = [
    "blocks.0.hook_resid_pre",
    ...Array.from({ length: facts.layers }, (_, layer) => `blocks.${layer}.hook_resid_post`),
  ];
  const values = useAnswer(engine, "values", { ids: sequence.ids, names });
  const [hidden, hide] = useState<number | null>(null);
  const [tried, add] = useState<readonly number[]>([]);
  const at = { sequence, at: query };
  const whole = useAnswer(engine, "cut", { edits: [], ...at });
  const without = useAnswer(
    engine,
    "cut",
    hidden === null ? null : { edits: allHeads(facts.heads, hidden), ...at },
  );
  const rows = values.answer
    ? names.map((name) => ({
        name,
        vector: entry(
          values.answer!.values[name]!,
          [0, query],
          widthOf(values.answer!.values[name]!.shape),
        ),
      }))
    : [];
  const done = without.answer && hidden !== null && !without.busy;
  const result = done
    ? `Without the attention of layer ${hidden} the model gives ${tokenAt(query + 1)} a probability of ${without.answer!.truth!.probability.toFixed(3)}, with it ${whole.answer?.truth?.probability.toFixed(3) ?? "…"}.${tried.length < facts.layers && facts.layers <= 4 ? " Hide the others too." : ""}`
    : null;
  return (
    <>
      <p class="say">
        A transformer reads tokens. Each token becomes a vector, and every layer adds something to
        it. What stands there at the end is compared with all tokens: that is the guess of what
        comes next.
      </p>
      <p>
        Below is the stream of position {query}, token <code>{tokenAt(query)}</code>, after every
        layer of {facts.id}. The next token really is <code>{tokenAt(query + 1)}</code>, and the
        model gives it a probability of{" "}
        <b data-value={whole.answer?.truth?.probability}>
          {whole.answer?.truth?.probability.toFixed(3) ?? "…"}
        </b>
        .
      </p>
      <table>
        <caption>
          The stream at position {query}: purple is above zero, orange below, each row against its
          own largest number
        </caption>
        <thead>
          <tr>
            <th scope="col">where</th>
            <th scope="col">length</th>
            <th scope="col">vector</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, 13).map(({ name, vector }, index) => (
            <tr key={name}>
              <th scope="row">{index === 0 ? "token and position" : `after layer ${index - 1}`}</th>
              <td data-length={name} data-value={lengthOf(vector)}>
                {lengthOf(vector).toFixed(2)}
              </td>
              <td class="strips">
                <Strip bound={largestIn([vector])} values={vector} name={name} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Task result={result}>
        <p>
          Hide the attention of a layer: its heads then add nothing. Which one can the guess not do
          without?
        </p>
        <div class="ways">
          {Array.from({ length: facts.layers }, (_, layer) => (
            <button
              key={layer}
              type="button"
              class="plain"
              aria-pressed={hidden === layer}
              onClick={() => {
                hide(layer);
                add([...new Set([...tried, layer])]);
              }}
            >
              Hide layer {layer}
            </button>
          ))}
        </div>
      </Task>
      <Folded
        formula="resid_post[l] = resid_pre[l] + attn_out[l] + mlp_out[l]; logits = W_U · norm(resid_post[last])"
        call={`await runModel(model, backend, [ids], ${JSON.stringify(names.slice(0, 2))}, receive)\nbench.run(rows, { edits: heads.map((head) => ({ layer, head, kind: "zero" })), asked: [${query}] })`}
      />
    </>
  );
}

function widthOf(shape: readonly number[]): number {
  return shape.at(-1)!;
}

function allHeads(heads: number, layer: number): HeadEdit[] {
  return Array.from({ length: heads }, (_, head) => ({ layer, head, kind: "zero" }));
}
