import { useState } from "preact/hooks";
import { headName, kvHeadOf } from "induction-lens/browser";
import { useAnswer, usePage } from "../../page/page.ts";
import { Folded, Task } from "./folded.tsx";
import { entry, type Lesson } from "./lesson.ts";
import { largestIn, Strip } from "./strip.tsx";

/** One head at one position: its query, everybody's keys, and how well they meet. The reader finds the key that wins. */
export function VectorsLesson({ lesson }: { readonly lesson: Lesson }) {
  const { engine } = usePage();
  const { facts, sequence, query, target, induction, tokenAt } = lesson;
  const { layer, head } = induction;
  const hook = (name: string) => `blocks.${layer}.attn.${name}`;
  const names = ["hook_q", "hook_k", "hook_v", "hook_attn_scores"].map(hook);
  const answer = useAnswer(engine, "values", { ids: sequence.ids, names });
  const [guess, choose] = useState<number | null>(null);
  if (!answer.answer) return <p class="status">{answer.error ?? "Reading the vectors"}</p>;
  const { values } = answer.answer;
  const width = values[hook("hook_q")]!.shape.at(-1)!;
  const vector = (name: string, position: number) =>
    entry(
      values[hook(name)]!,
      [0, position, name === "hook_q" ? head : kvHeadOf(facts, head)],
      width,
    );
  const scores = entry(values[hook("hook_attn_scores")]!, [0, head, query], query + 1);
  const winner = scores.indexOf(Math.max(...scores));
  const keys = Array.from({ length: query + 1 }, (_, position) => position);
  const result =
    guess === null
      ? null
      : guess === winner
        ? `Yes: ${tokenAt(winner)} at ${winner}, score ${scores[winner]!.toFixed(2)}. ${winner === target ? `It is the token that came after the earlier ${tokenAt(query)}.` : `An induction head would choose ${tokenAt(target)} at ${target}, which came after the earlier ${tokenAt(query)}; its score here is ${scores[target]!.toFixed(2)}.`}`
        : `Not that one: its score is ${scores[guess]!.toFixed(2)}, and another reaches ${scores[winner]!.toFixed(2)}. Its key answers the query: look for the row whose colours go with the query's.`;
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
        <Strip
          bound={largestIn([vector("hook_q", query)])}
          values={vector("hook_q", query)}
          name={`query at ${query}`}
        />
      </div>
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
          {keys.map((key) => (
            <tr key={key} class={guess !== null && key === winner ? "chosen" : undefined}>
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
                <Strip
                  bound={largestIn([vector("hook_k", key)])}
                  values={vector("hook_k", key)}
                  name={`key at ${key}`}
                />
              </td>
              <td class="strips">
                <Strip
                  bound={largestIn([vector("hook_v", key)])}
                  values={vector("hook_v", key)}
                  name={`value at ${key}`}
                />
              </td>
              <td data-score={key} data-value={guess === null ? undefined : scores[key]}>
                {guess === null ? "?" : scores[key]!.toFixed(2)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Task result={result}>
        <p>Which key wins? Choose a position above.</p>
      </Task>
      <Folded
        formula={`score[q, k] = query[q] · key[k] / sqrt(${width})${names.length && facts.family !== "gpt2" ? "; models with rotary positions turn both first (hook_rot_q, hook_rot_k)" : ""}`}
        call={`await runModel(model, backend, [ids], ${JSON.stringify(names)}, receive)`}
      />
    </>
  );
}
