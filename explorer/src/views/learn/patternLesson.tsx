import { useMemo, useState } from "preact/hooks";
import { headName, type HeadAt, type ScoreName, type ScoreResult } from "induction-lens/browser";
import { bestHead } from "induction-lens/measure";
import { usePage } from "../../page/page.ts";
import { useAnswer } from "../../page/answer.ts";
import { sequential } from "../../parts/colour.ts";
import { patternOf } from "../../parts/pattern.ts";
import { Thumb } from "../../parts/thumb.tsx";
import { percent } from "../../parts/percent.ts";
import { FoldedFormula, Task } from "./foldedFormula.tsx";
import { CLEARLY, LABELS } from "../../parts/headWords.ts";
import { entry, type Lesson } from "../../parts/lesson.ts";

/** Scores become shares of a row. The reader tells a previous-token head from a resting one, or from another where none rests. */
export function PatternLesson({ lesson }: { readonly lesson: Lesson }) {
  const { engine } = usePage();
  const { sequence, query, induction, score, tokenAt } = lesson;
  const { layer, head } = induction;
  const names = ["hook_attn_scores", "hook_pattern"].map((name) => `blocks.${layer}.attn.${name}`);
  const answer = useAnswer(engine, "values", { ids: sequence.ids, names });
  if (!answer.answer) return <p class="status">{answer.error ?? "Reading the scores"}</p>;
  const row = (name: string) =>
    entry(answer.answer!.values[name]!, [0, head, query], sequence.ids.length);
  const rest = bestHead(score.scores.firstToken)!;
  const rests = score.scores.firstToken[rest.layer]![rest.head]! >= CLEARLY;
  return (
    <>
      <p class="say">
        Softmax turns the scores into shares of 100 %. Tokens that come later are hidden. That row
        of shares is the pattern.
      </p>
      <p>
        Below is the row of <code>{tokenAt(query)}</code> at {query} in head {headName(induction)}.
        The shares must add up to 100 % even if nothing fits. Most heads then park on the first
        token, so the first column is often filled.
        {!rests &&
          ` (None in this model: ${headName(rest)} comes closest, with ${percent(score.scores.firstToken[rest.layer]![rest.head]!)}.)`}
      </p>
      <RowTable lesson={lesson} scores={row(names[0]!)} weights={row(names[1]!)} />
      <WhichHead lesson={lesson} />
      <FoldedFormula
        formula="pattern[q, k] = exp(score[q, k]) / sum over k' <= q of exp(score[q, k'])"
        call={`await runModel(model, backend, [ids], ${JSON.stringify(names)}, receive)`}
      />
    </>
  );
}

function scoreOf({ scores }: ScoreResult, { layer, head }: HeadAt, name: ScoreName): string {
  return scores[name][layer]![head]!.toFixed(2);
}

interface RowProps {
  readonly lesson: Lesson;
  /** Scores and shares of the lesson's query, by key. */
  readonly scores: Float32Array;
  readonly weights: Float32Array;
}

function RowTable({ lesson, scores, weights }: RowProps) {
  const { sequence, query, tokenAt } = lesson;
  const most = Math.max(...scores.subarray(0, query + 1));
  return (
    <div class="scroll" role="group" tabIndex={0} aria-label="A row of the pattern">
      <table class="rowTable">
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
                <span class="bar" aria-hidden="true" style={{ width: `${100 * weights[key]!}%` }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The reader's task: two heads by their pictures. */
function WhichHead({ lesson }: { readonly lesson: Lesson }) {
  const { score } = lesson;
  const previous = bestHead(score.scores.previousToken)!;
  const other = besides(previous, score);
  const [guess, choose] = useState<number | null>(null);
  const pair: readonly HeadAt[] = [other, previous];
  const result =
    guess === null
      ? null
      : guess === 1
        ? `Yes: ${headName(previous)} attends to the token before with ${scoreOf(score, previous, "previousToken")} on average: the line one step beside the diagonal.`
        : otherWords(score, other);
  return (
    <Task result={result}>
      <p>
        Two heads of this model, queries down, keys to the right. Which one attends more to the
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
  );
}

function otherWords(score: ScoreResult, other: HeadAt & { readonly name: ScoreName }): string {
  const value = scoreOf(score, other, other.name);
  return other.name === "firstToken"
    ? `That one rests: ${headName(other)} gives the first token ${value} on average, which is the filled first column.`
    : `Not that one: ${headName(other)} ${LABELS[other.name].does}, with ${value} of its attention on average.`;
}

/** A head that clearly does something other than look one back, if it can be one that rests; else the one that comes nearest. */
function besides(previous: HeadAt, { scores }: ScoreResult) {
  const kinds = (["firstToken", "currentToken", "duplicateToken", "induction"] as const).map(
    (name) =>
      scores[name]
        .flatMap((row, layer) => row.map((value, head) => ({ name, layer, head, value })))
        .filter(({ layer, head }) => layer !== previous.layer || head !== previous.head)
        .toSorted((a, b) => b.value - a.value)[0]!,
  );
  const nearest = kinds.toSorted((a, b) => b.value - a.value)[0]!;
  return kinds.find(({ value }) => value >= CLEARLY) ?? nearest;
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

/** The picture for those who cannot see it: where three rows look. */
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
