import { useState } from "preact/hooks";
import { headName, type HeadAt } from "induction-lens/browser";
import { zeroHeads } from "../../engine/edits.ts";
import type { CapturedValue, ModelFacts } from "../../engine/protocol.ts";
import { usePage } from "../../page/page.ts";
import { useAnswer } from "../../page/answer.ts";
import { hasWords } from "induction-lens/report";
import { useShown } from "../../page/useShown.ts";
import { isScan } from "../../parts/scanNote.tsx";
import { TokenArcs } from "../../parts/tokenArcs.tsx";
import { Waiting } from "../../parts/waiting.tsx";
import { percent } from "../../parts/percent.ts";
import { FoldedFormula, Task } from "./foldedFormula.tsx";
import { entry, type Lesson } from "../../parts/lesson.ts";
import { largestIn, lengthOf, Strip } from "./strip.tsx";

/** A token becomes a vector, layers add to it, the end of it says what comes next. The reader hides layers. */
export function StreamLesson({ lesson }: { readonly lesson: Lesson }) {
  const { token } = usePage();
  const { facts, sequence, query, tokenAt } = lesson;
  const names = [
    "blocks.0.hook_resid_pre",
    ...Array.from({ length: facts.layers }, (_, layer) => `blocks.${layer}.hook_resid_post`),
  ];
  const hiding = useHiding(lesson);
  const { probability, best } = hiding;
  return (
    <>
      <p class="say">
        A language model reads a row of <b>tokens</b>, pieces of text, and guesses which comes next.
        {mixerWords(facts).kind} Each token becomes a vector, a list of numbers, and every layer
        adds something to it. After the last layer, the vector is compared with every token the
        model knows; the best match is its guess.
      </p>
      <TokenArcs
        label="The sequence of the lessons"
        pieces={sequence.pieces.slice(0, query + 1).map(token)}
        arcs={[]}
        seam={sequence.repeats && sequence.repeats.start + sequence.repeats.period}
        guess={{
          piece: best ? token(best.piece) : "…",
          probability: best?.probability ?? null,
          from: null,
        }}
        query={query}
      />
      <p class="hint">
        {sequence.repeats &&
          "The same tokens stand here twice: who remembers the first time knows what comes next. "}
        {hasWords(facts) && "The model knows only numbers; we print each as a word."}
      </p>
      <p>
        The model has just read <code>{tokenAt(query)}</code> (position {query}). Below are its
        numbers there, before and after each layer. The right answer is{" "}
        <code>{tokenAt(query + 1)}</code>; with all its layers the model gives it{" "}
        <b data-value={probability ?? undefined}>{percent(probability)}</b>.
      </p>
      <Stream {...{ lesson, names }} hidden={hiding.hidden} />
      <Task result={hiding.result}>
        <p>{mixerWords(facts).hide} Which layer does the guess depend on?</p>
        <HideButtons layers={facts.layers} {...hiding} />
      </Task>
      <FoldedFormula
        formula="resid_post[l] = resid_pre[l] + attn_out[l] + mlp_out[l]; logits = W_U · norm(resid_post[last])"
        call={`await runModel(model, backend, [ids], ${JSON.stringify(names.slice(0, 2))}, receive)\nbench.run(rows, { edits: heads.map((head) => ({ layer, head, kind: "zero" })), logitPositions: [${query}] })`}
      />
    </>
  );
}

/** What the model guesses as it is, and with the attention of the layer that the reader hides. */
function useHiding({ facts, sequence, query, tokenAt }: Lesson) {
  const { engine } = usePage();
  const [hidden, hide] = useState<number | null>(null);
  const [trials, add] = useState<ReadonlyMap<number, number>>(new Map());
  const at = { sequence, at: query };
  const whole = useAnswer(engine, "cut", { edits: [], ...at }).answer;
  const cutArgs =
    hidden === null
      ? null
      : { edits: zeroHeads(allHeads(facts.headsByLayer[hidden]!, hidden)), ...at };
  const without = useAnswer(engine, "cut", cutArgs);
  const probability = whole?.truth?.probability ?? null;
  const left = without.answer?.truth?.probability;
  const known = left === undefined ? trials : new Map([...trials, [hidden!, left]]);
  const result =
    left === undefined
      ? null
      : `Without the ${mixerOf(facts, hidden!)} of layer ${hidden} the model gives ${tokenAt(query + 1)} a probability of ${percent(left)}, with it ${percent(probability)}; a blind guess would be right in ${percent(1 / facts.vocabulary)}. ${hiddenWords(known, facts.layers, probability ?? 0)}`.trim();
  return {
    probability,
    best: (hidden === null ? whole : without.answer)?.guesses[0],
    hidden,
    result,
    hide: (layer: number) => {
      hide(layer);
      add(known);
    },
  };
}

/** What a layer has to bring tokens together. */
function mixerOf(facts: ModelFacts, layer: number): string {
  return isScan(facts, layer) ? "state" : "attention";
}

/** What a model is, and what hiding a layer of it does, by what its layers have. */
const MIXER_WORDS = {
  attention: {
    kind: "This one is a transformer.",
    hide: "Hide the attention of a layer: its heads then add nothing.",
  },
  state: {
    kind: "This one is a state-space model.",
    hide: "Hide the state of a layer: what it carries from token to token is then zero.",
  },
  both: {
    kind: "Some of its layers have attention, as a transformer's, others have a state.",
    hide: "Hide the attention or the state of a layer: its heads then add nothing, or what it carries from token to token is then zero.",
  },
} as const;

function mixerWords({ scan, layers }: Pick<ModelFacts, "scan" | "layers">) {
  if (scan === null) return MIXER_WORDS.attention;
  return MIXER_WORDS[scan.layers.length === layers ? "state" : "both"];
}

/** From how many layers on nobody hides each of them. */
const MOST_HIDDEN = 4;

/** What hiding one layer after the other showed, or to go on; nothing for a model of many. */
function hiddenWords(left: ReadonlyMap<number, number>, layers: number, whole: number): string {
  if (layers > MOST_HIDDEN || layers < 2) return "";
  if (left.size < layers)
    return layers - left.size === 1 ? "Hide the other one too." : "Hide the others too.";
  const breaking = [...left].filter(([, probability]) => probability < whole / 2);
  const names = breaking.map(([layer]) => layer).sort((a, b) => a - b);
  if (names.length === layers)
    return "Each of them breaks the guess: what one layer adds, the next one needs. Lesson 4 shows how.";
  if (names.length === 0) return "None alone breaks the guess: they stand in for each other.";
  return `The guess depends on layer ${names.join(" and ")}.`;
}

interface StreamRow {
  readonly name: string;
  readonly vector: Float32Array;
}

function rowOf(name: string, value: CapturedValue, query: number): StreamRow {
  return { name, vector: entry(value, [0, query], value.shape.at(-1)!) };
}

/** Rows of a table that can be taken in; of more layers these many are shown, evenly from the first to the last. */
const ROWS = 13;

function rowsShown(
  rows: readonly StreamRow[],
): readonly (StreamRow & { readonly index: number })[] {
  const all = rows.map((row, index) => ({ ...row, index }));
  if (all.length <= ROWS) return all;
  const step = (all.length - 1) / (ROWS - 1);
  return Array.from({ length: ROWS }, (_, at) => all[Math.round(at * step)]!);
}

interface StreamProps {
  readonly lesson: Lesson;
  /** Of what is read before any layer and after each. */
  readonly names: readonly string[];
  readonly hidden: number | null;
}

/** The stream as it is with the layer hidden; pale while that is measured. */
function Stream({ lesson, names, hidden }: StreamProps) {
  const { engine } = usePage();
  const { facts, sequence, query } = lesson;
  const off = hidden === null ? [] : allHeads(facts.headsByLayer[hidden]!, hidden).map(headName);
  const { answer, busy } = useAnswer(engine, "values", { ids: sequence.ids, names, off });
  const { value: shown } = useShown(answer && { ...answer, layer: hidden });
  const without = shown?.layer ?? null;
  return (
    <Waiting words={busy && shown ? "the numbers" : null}>
      <StreamTable
        query={query}
        without={without === null ? null : `the ${mixerOf(facts, without)} of layer ${without}`}
        rows={shown ? names.map((name) => rowOf(name, shown.values[name]!, query)) : []}
      />
    </Waiting>
  );
}

interface TableProps {
  readonly query: number;
  /** What was hidden; null: nothing. */
  readonly without: string | null;
  readonly rows: readonly StreamRow[];
}

/** The stream at one position after every layer, or after some of many. */
function StreamTable({ query, without, rows }: TableProps) {
  return (
    <div class="scroll wide" role="group" tabIndex={0} aria-label="The stream">
      <table>
        <caption>
          The numbers at position {query}
          {without !== null && ` without ${without}`}, a cell for each: purple is above zero, orange
          below. Colours compare numbers within a row. “Length” is how long the arrow is that these
          numbers draw: the larger they are, the longer.
        </caption>
        <thead>
          <tr>
            <th scope="col">where</th>
            <th scope="col">length</th>
            <th scope="col">vector</th>
          </tr>
        </thead>
        <tbody>
          {rowsShown(rows).map(({ name, vector, index }) => (
            <tr key={name}>
              <th scope="row">{index === 0 ? "before any layer" : `after layer ${index - 1}`}</th>
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
    </div>
  );
}

/** More layers are a list to choose from. */
const MOST_BUTTONS = 8;

interface HideProps {
  readonly layers: number;
  readonly hidden: number | null;
  readonly hide: (layer: number) => void;
}

function HideButtons({ layers, hidden, hide }: HideProps) {
  return (
    <div class="ways">
      {layers <= MOST_BUTTONS ? (
        Array.from({ length: layers }, (_, layer) => (
          <button
            key={layer}
            type="button"
            class="plain"
            aria-pressed={hidden === layer}
            onClick={() => hide(layer)}
          >
            Hide layer {layer}
          </button>
        ))
      ) : (
        <label>
          Hide layer{" "}
          <select
            value={hidden ?? ""}
            onChange={(event) => hide(Number(event.currentTarget.value))}
          >
            <option value="" disabled>
              choose
            </option>
            {Array.from({ length: layers }, (_, layer) => (
              <option key={layer}>{layer}</option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}

function allHeads(heads: number, layer: number): HeadAt[] {
  return Array.from({ length: heads }, (_, head) => ({ layer, head }));
}
