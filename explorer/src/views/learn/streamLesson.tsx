import { useState } from "preact/hooks";
import type { HeadEdit } from "induction-lens/browser";
import type { Captured } from "../../engine/protocol.ts";
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
  const values = useAnswer(engine, "values", { ids: sequence.ids, names }).answer?.values;
  const hiding = useHiding(lesson);
  const probability = hiding.whole?.truth?.probability;
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
        <b data-value={probability}>{probability?.toFixed(3) ?? "…"}</b>.
      </p>
      <Stream
        query={query}
        rows={values ? names.map((name) => rowOf(name, values[name]!, query)) : []}
      />
      <Task result={hiding.result}>
        <p>
          Hide the attention of a layer: its heads then add nothing. Which one can the guess not do
          without?
        </p>
        <HideButtons layers={facts.layers} {...hiding} />
      </Task>
      <Folded
        formula="resid_post[l] = resid_pre[l] + attn_out[l] + mlp_out[l]; logits = W_U · norm(resid_post[last])"
        call={`await runModel(model, backend, [ids], ${JSON.stringify(names.slice(0, 2))}, receive)\nbench.run(rows, { edits: heads.map((head) => ({ layer, head, kind: "zero" })), asked: [${query}] })`}
      />
    </>
  );
}

/** What the model guesses as it is, and with the attention of the layer that the reader hides. */
function useHiding({ facts, sequence, query, tokenAt }: Lesson) {
  const { engine } = usePage();
  const [hidden, hide] = useState<number | null>(null);
  const [tried, add] = useState<readonly number[]>([]);
  const at = { sequence, at: query };
  const whole = useAnswer(engine, "cut", { edits: [], ...at }).answer;
  const cutArgs = hidden === null ? null : { edits: allHeads(facts.heads, hidden), ...at };
  const without = useAnswer(engine, "cut", cutArgs);
  const done = without.answer && hidden !== null && !without.busy;
  const more = tried.length < facts.layers && facts.layers <= 4 ? " Hide the others too." : "";
  const result = done
    ? `Without the attention of layer ${hidden} the model gives ${tokenAt(query + 1)} a probability of ${without.answer!.truth!.probability.toFixed(3)}, with it ${whole?.truth?.probability.toFixed(3) ?? "…"}.${more}`
    : null;
  return {
    whole,
    hidden,
    result,
    hide: (layer: number) => {
      hide(layer);
      add([...new Set([...tried, layer])]);
    },
  };
}

interface StreamRow {
  readonly name: string;
  readonly vector: Float32Array;
}

function rowOf(name: string, value: Captured, query: number): StreamRow {
  return { name, vector: entry(value, [0, query], value.shape.at(-1)!) };
}

/** The stream at one position after every layer, or after the first of them. */
function Stream({ query, rows }: { readonly query: number; readonly rows: readonly StreamRow[] }) {
  return (
    <table>
      <caption>
        The stream at position {query}: purple is above zero, orange below, each row against its own
        largest number
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
  );
}

interface HideProps {
  readonly layers: number;
  readonly hidden: number | null;
  readonly hide: (layer: number) => void;
}

function HideButtons({ layers, hidden, hide }: HideProps) {
  return (
    <div class="ways">
      {Array.from({ length: layers }, (_, layer) => (
        <button
          key={layer}
          type="button"
          class="plain"
          aria-pressed={hidden === layer}
          onClick={() => hide(layer)}
        >
          Hide layer {layer}
        </button>
      ))}
    </div>
  );
}

function allHeads(heads: number, layer: number): HeadEdit[] {
  return Array.from({ length: heads }, (_, head) => ({ layer, head, kind: "zero" }));
}
