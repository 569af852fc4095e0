import { useState } from "preact/hooks";
import { headName, kvHeadOf } from "induction-lens/browser";
import { usePage } from "../../page/page.ts";
import { useAnswer } from "../../page/answer.ts";
import { decimals } from "../../parts/decimals.ts";
import { FoldedFormula, Task } from "./foldedFormula.tsx";
import { isScan, ScanNote } from "../../parts/scanNote.tsx";
import { entry, type Lesson } from "../../parts/lesson.ts";
import { QueryTimesKeys, type ComparedVectors } from "./queryTimesKeys.tsx";

/** One head at one position: its query, everybody's keys, and their product place by place. The reader finds the key that wins. */
export function VectorsLesson({ lesson }: { readonly lesson: Lesson }) {
  const { facts, induction } = lesson;
  if (!isScan(facts, induction.layer)) return <Vectors lesson={lesson} />;
  return (
    <>
      <p class="say">
        Attention chooses by queries and keys. The part of this model that looks back most,{" "}
        {headName(induction)}, has neither: it carries a state from token to token. This lesson
        needs a model with attention, such as zoo:attn-2l.
      </p>
      <ScanNote layer={induction.layer} />
    </>
  );
}

function Vectors({ lesson }: { readonly lesson: Lesson }) {
  const { query, induction, tokenAt } = lesson;
  const { names, vectors, error } = useComparedVectors(lesson);
  const [guess, choose] = useState<number | null>(null);
  if (!vectors) return <p class="status">{error ?? "Reading the vectors"}</p>;
  const { scores, width, rotated, scale } = vectors;
  const winner = scores.indexOf(Math.max(...scores));
  return (
    <>
      <p class="say">
        At every position a head asks a question, its <b class="inQuery">query</b>. Every earlier
        position holds up a label, its <b class="inKey">key</b>. Where the two fit, the head copies
        what that position carries, its <b class="inValue">value</b>.
      </p>
      <p>
        Head {headName(induction)} is reading <code>{tokenAt(query)}</code> at position {query}.
        Query and keys are lists of {width} numbers, a coloured cell for each. Multiply place by
        place and add up: same colour above same colour counts for a key, different colours against
        it.
      </p>
      <QueryTimesKeys {...{ lesson, vectors, winner, guess, choose }} />
      <Task result={guess === null ? null : resultWords(lesson, scores, winner, guess)}>
        <p>Which key fits the query? Choose the row with the most purple product.</p>
      </Task>
      <FoldedFormula
        formula={`score[q, k] = ${scale === null ? "query[q] · key[k] with what this model adds by position" : `${scale.toPrecision(3)} · query[q] · key[k]`}, over ${width} places${rotated ? "; both as this model turns them by their position (hook_rot_q, hook_rot_k)" : ""}`}
        call={`await runModel(model, backend, [ids], ${JSON.stringify(names)}, receive)`}
      />
    </>
  );
}

/** The vectors that the head's scores are made of, and these scores. */
function useComparedVectors({ facts, sequence, query, induction }: Lesson) {
  const { engine } = usePage();
  const { layer, head } = induction;
  const hook = (name: string) => `blocks.${layer}.attn.${name}`;
  const names = ["hook_q", "hook_k", "hook_rot_q", "hook_rot_k", "hook_attn_scores"].map(hook);
  const { answer, error } = useAnswer(engine, "values", { ids: sequence.ids, names });
  if (!answer) return { names, vectors: null, error };
  const { values } = answer;
  const rotated = hook("hook_rot_q") in values;
  const [queries, keys] = [rotated ? "hook_rot_q" : "hook_q", rotated ? "hook_rot_k" : "hook_k"];
  const width = values[hook(queries!)]!.shape.at(-1)!;
  const vector = (name: string, position: number, of: number) =>
    entry(values[hook(name)]!, [0, position, of], width);
  const scores = entry(values[hook("hook_attn_scores")]!, [0, head, query], query + 1);
  const queryVector = vector(queries!, query, head);
  const kvHead = kvHeadOf(facts, head);
  const offered = Array.from({ length: query + 1 }, (_, at) => vector(keys!, at, kvHead));
  const vectors: ComparedVectors = {
    query: queryVector,
    keys: offered,
    scores,
    width,
    rotated,
    scale: scaleOf(queryVector, offered, scores),
  };
  return { names: names.filter((name) => name in values), vectors, error };
}

/** Largest difference, as a share of the largest score, that rounding explains. */
const ROUNDING = 1e-3;

/** The factor from products to scores; null: this model adds something by position, or caps its scores. */
function scaleOf(
  query: Float32Array,
  keys: readonly Float32Array[],
  scores: Float32Array,
): number | null {
  const dots = keys.map((key) => key.reduce((sum, value, at) => sum + value * query[at]!, 0));
  const most = dots.reduce((top, dot, at) => (Math.abs(dot) > Math.abs(dots[top]!) ? at : top), 0);
  const scale = scores[most]! / dots[most]!;
  const bound = ROUNDING * Math.max(...scores.map(Math.abs));
  const places = [...scores.keys()].filter((at) => Number.isFinite(scores[at]));
  return places.every((at) => Math.abs(scale * dots[at]! - scores[at]!) <= bound) ? scale : null;
}

function resultWords(
  { query, target, tokenAt }: Lesson,
  scores: Float32Array,
  winner: number,
  guess: number,
): string {
  if (guess !== winner)
    return `Not that one: its score is ${decimals(scores[guess]!, 2)}, and another reaches ${decimals(scores[winner]!, 2)}. Look for the row with the most purple product.`;
  const why =
    winner === target
      ? `It is the token that came after the earlier ${tokenAt(query)}.`
      : `An induction head would choose ${tokenAt(target)} at ${target}, which came after the earlier ${tokenAt(query)}; its score here is ${decimals(scores[target]!, 2)}.`;
  return `Yes: ${tokenAt(winner)} at ${winner}, score ${decimals(scores[winner]!, 2)}. ${why}`;
}
