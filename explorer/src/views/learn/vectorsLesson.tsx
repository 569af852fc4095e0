import { useState } from "preact/hooks";
import { headName, kvHeadOf } from "induction-lens/browser";
import { useAnswer, usePage } from "../../page/page.ts";
import { Folded, Task } from "./folded.tsx";
import { entry, type Lesson } from "./lesson.ts";
import { largestIn, Strip } from "./strip.tsx";

/** One head at one position: its query, everybody's keys, and how well they meet. The reader finds the key that wins. */
export function VectorsLesson({ lesson }: { readonly lesson: Lesson }) {
  const { facts, query, induction, tokenAt } = lesson;
  const { names, answer, error } = useVectors(lesson);
  const [guess, choose] = useState<number | null>(null);
  if (!answer) return <p class="status">{error ?? "Reading the vectors"}</p>;
  const { vector, scores, width } = answer;
  const winner = scores.indexOf(Math.max(...scores));
  return (
    <>
      <p class="say">
        A head asks at every position. The query says what is asked for, the key of each earlier
        position what it offers, and the value what it hands over if it is chosen.
      </p>
      <p>
        Head {headName(induction)} stands on <code>{tokenAt(query)}</code> at position {query}. A
        score is how well its query meets a key: numbers of the same sign at the same place add,
        others take away.
      </p>
      <div class="queryStrip">
        <span>
          query of <code>{tokenAt(query)}</code>
        </span>
        <OwnStrip values={vector("hook_q", query)} name={`query at ${query}`} />
      </div>
      <Keys {...{ lesson, vector, scores, winner, guess, choose }} />
      <Task result={guess === null ? null : resultWords(lesson, scores, winner, guess)}>
        <p>Which key wins? Choose a position above.</p>
      </Task>
      <Folded
        formula={`score[q, k] = query[q] · key[k] / sqrt(${width})${names.length && facts.family !== "gpt2" ? "; models with rotary positions turn both first (hook_rot_q, hook_rot_k)" : ""}`}
        call={`await runModel(model, backend, [ids], ${JSON.stringify(names)}, receive)`}
      />
    </>
  );
}

type HookName = "hook_q" | "hook_k" | "hook_v";

/** Vectors of the lesson's head at each position, and the scores of its query. */
function useVectors({ facts, sequence, query, induction }: Lesson) {
  const { engine } = usePage();
  const { layer, head } = induction;
  const hook = (name: string) => `blocks.${layer}.attn.${name}`;
  const names = ["hook_q", "hook_k", "hook_v", "hook_attn_scores"].map(hook);
  const { answer, error } = useAnswer(engine, "values", { ids: sequence.ids, names });
  if (!answer) return { names, answer: null, error };
  const { values } = answer;
  const width = values[hook("hook_q")]!.shape.at(-1)!;
  const vector = (name: HookName, position: number) =>
    entry(
      values[hook(name)]!,
      [0, position, name === "hook_q" ? head : kvHeadOf(facts, head)],
      width,
    );
  const scores = entry(values[hook("hook_attn_scores")]!, [0, head, query], query + 1);
  return { names, answer: { vector, scores, width }, error };
}

function resultWords(
  { query, target, tokenAt }: Lesson,
  scores: Float32Array,
  winner: number,
  guess: number,
): string {
  if (guess !== winner)
    return `Not that one: its score is ${scores[guess]!.toFixed(2)}, and another reaches ${scores[winner]!.toFixed(2)}. Its key answers the query: look for the row whose colours go with the query's.`;
  const why =
    winner === target
      ? `It is the token that came after the earlier ${tokenAt(query)}.`
      : `An induction head would choose ${tokenAt(target)} at ${target}, which came after the earlier ${tokenAt(query)}; its score here is ${scores[target]!.toFixed(2)}.`;
  return `Yes: ${tokenAt(winner)} at ${winner}, score ${scores[winner]!.toFixed(2)}. ${why}`;
}

interface KeysProps {
  readonly lesson: Lesson;
  readonly vector: (name: HookName, position: number) => Float32Array;
  /** By key. */
  readonly scores: Float32Array;
  readonly winner: number;
  readonly guess: number | null;
  readonly choose: (key: number) => void;
}

/** The keys and values that the query can see, and their scores once the reader has chosen. */
function Keys(props: KeysProps) {
  const { induction, query } = props.lesson;
  return (
    <table>
      <caption>
        Keys and values of head {headName(induction)}, each against its own largest number; the
        scores are hidden until you have chosen
      </caption>
      <thead>
        <tr>
          <th scope="col">position</th>
          <th scope="col">key</th>
          <th scope="col">value</th>
          <th scope="col">score</th>
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: query + 1 }, (_, key) => (
          <KeyRow key={key} at={key} {...props} />
        ))}
      </tbody>
    </table>
  );
}

function KeyRow({
  at: key,
  lesson,
  vector,
  scores,
  winner,
  guess,
  choose,
}: KeysProps & { readonly at: number }) {
  const { tokenAt } = lesson;
  return (
    <tr class={guess !== null && key === winner ? "chosen" : undefined}>
      <th scope="row">
        <button
          type="button"
          class="plain"
          aria-pressed={guess === key}
          aria-label={`The key of ${tokenAt(key)} at ${key} wins`}
          onClick={() => choose(key)}
        >
          {tokenAt(key)} at {key}
        </button>
      </th>
      <td class="strips">
        <OwnStrip values={vector("hook_k", key)} name={`key at ${key}`} />
      </td>
      <td class="strips">
        <OwnStrip values={vector("hook_v", key)} name={`value at ${key}`} />
      </td>
      <td data-score={key} data-value={guess === null ? undefined : scores[key]}>
        {guess === null ? "?" : scores[key]!.toFixed(2)}
      </td>
    </tr>
  );
}

/** A vector against its own largest number. */
function OwnStrip({ values, name }: { readonly values: Float32Array; readonly name: string }) {
  return <Strip bound={largestIn([values])} {...{ values, name }} />;
}
