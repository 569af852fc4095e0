import { useMemo, useState } from "preact/hooks";
import { useAnswer, usePage } from "../../page/page.ts";
import { sequential } from "../../parts/colour.ts";
import { patternOf } from "../attention/pattern.ts";
import { Thumb } from "../attention/thumbs.tsx";
import { Folded, Task } from "./folded.tsx";
import { entry, headName, type HeadAt, type Lesson } from "./lesson.ts";

/** Scores become shares of a row. The reader tells a previous-token head from a resting one. */
export function PatternLesson({ lesson }: { readonly lesson: Lesson }) {
  const { engine } = usePage();
  const { sequence, query, induction, resting, score, tokenAt } = lesson;
  const { layer, head } = induction;
  const names = ["hook_attn_scores", "hook_pattern"].map((name) => `blocks.${layer}.attn.${name}`);
  const answer = useAnswer(engine, "values", { ids: sequence.ids, names });
  const previous = lesson.previous ?? induction;
  const [guess, choose] = useState<number | null>(null);
  if (!answer.answer) return <p class="status">{answer.error ?? "Reading the scores"}</p>;
  const row = (name: string) =>
    entry(answer.answer!.values[name]!, [0, head, query], sequence.ids.length);
  const [scores, weights] = [row(names[0]!), row(names[1]!)];
  const most = Math.max(...scores.subarray(0, query + 1));
  const pair: readonly HeadAt[] = [resting, previous];
  const of = (at: HeadAt, name: "previousToken" | "firstToken") =>
    score.scores[name][at.layer]![at.head]!;
  const result =
    guess === null
      ? null
      : guess === 1
        ? `Yes: ${headName(previous)} attends to the token before with ${of(previous, "previousToken").toFixed(2)} on average: the diagonal just left of the edge.`
        : `That one rests: ${headName(resting)} gives the first token ${of(resting, "firstToken").toFixed(2)} on average, which is the bright first column.`;
  return (
    <>
      <p class="say">
        A row of scores becomes shares: what comes later is masked, the rest goes through softmax,
        and the row sums to 1. That is the pattern.
      </p>
      <p>
        Below is the row of <code>{tokenAt(query)}</code> at {query} in head {headName(induction)}.
        A head that has nothing to do still has to put its 1 somewhere; most rest on the first
        token, so the first column is so often bright.
      </p>
      <div class="scroll" role="group" tabIndex={0} aria-label="A row of the pattern">
        <table>
          <thead>
            <tr>
              <th scope="col">key</th>
              <th scope="col">score</th>
              <th scope="col">e^(score − largest)</th>
              <th scope="col">share</th>
            </tr>
          </thead>
          <tbody>
            {sequence.ids.map((_, key) => (
              <tr key={key} class={weights[key]! >= 0.5 ? "chosen" : undefined}>
                <th scope="row">
                  <code>{tokenAt(key)}</code> at {key}
                </th>
                <td>{key > query ? "masked" : scores[key]!.toFixed(2)}</td>
                <td>{key > query ? "0" : Math.exp(scores[key]! - most).toFixed(4)}</td>
                <td data-share={key} data-value={weights[key]}>
                  {weights[key]!.toFixed(3)}
                  <span
                    class="bar"
                    aria-hidden="true"
                    style={{ width: `${100 * weights[key]!}%` }}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Task result={result}>
        <p>
          Two heads of this model, queries down, keys to the right. Which one attends to the
          previous token?
        </p>
        <div class="ways">
          {pair.map((at, index) => (
            <HeadButton
              key={index}
              {...{ at, lesson }}
              name={index === 0 ? "A" : "B"}
              chosen={guess === index}
              choose={() => choose(index)}
            />
          ))}
        </div>
      </Task>
      <Folded
        formula="pattern[q, k] = exp(score[q, k]) / sum over k' <= q of exp(score[q, k'])"
        call={`await runModel(model, backend, [ids], ${JSON.stringify(names)}, receive)`}
      />
    </>
  );
}

interface HeadButtonProps {
  readonly at: HeadAt;
  readonly lesson: Lesson;
  readonly name: string;
  readonly chosen: boolean;
  readonly choose: () => void;
}

function HeadButton({ at, lesson, name, chosen, choose }: HeadButtonProps) {
  const { engine, dark } = usePage();
  const look = useAnswer(engine, "look", { ids: lesson.sequence.ids, layer: at.layer }).answer;
  const ramp = useMemo(() => sequential(dark), [dark]);
  const pattern = useMemo(() => look && patternOf(look, at.head, false), [look, at]);
  const words = pattern ? inWords(pattern) : "";
  return (
    <button
      type="button"
      class="plain thumb"
      aria-pressed={chosen}
      aria-label={`Head ${name}${words}`}
      onClick={choose}
    >
      {pattern && <Thumb pattern={pattern} ramp={ramp} />}
      {name}
    </button>
  );
}

/** The picture for who cannot see it: where three rows look. */
function inWords({
  length,
  weight,
}: {
  readonly length: number;
  readonly weight: (query: number, key: number) => number;
}): string {
  const best = (query: number) =>
    Array.from({ length: query + 1 }, (_, key) => key).reduce((top, key) =>
      weight(query, key) > weight(query, top) ? key : top,
    );
  return [4, 7, 10]
    .filter((query) => query < length)
    .map((query) => `; position ${query} looks most at ${best(query)}`)
    .join("");
}
