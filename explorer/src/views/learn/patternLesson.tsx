import { useMemo, useState } from "preact/hooks";
import { headName, type HeadAt, type ScoreName, type ScoreResult } from "induction-lens/browser";
import { bestHead, softmax } from "induction-lens/measure";
import { usePage } from "../../page/page.ts";
import { useAnswer } from "../../page/answer.ts";
import { sequential } from "../../parts/colour.ts";
import { patternOf } from "../../parts/pattern.ts";
import { Thumb } from "../../parts/thumb.tsx";
import { decimals } from "../../parts/decimals.ts";
import { percent } from "../../parts/percent.ts";
import { FoldedFormula, Task } from "./foldedFormula.tsx";
import { CLEARLY, LABELS } from "../../parts/headWords.ts";
import { endsOf, SignedBar } from "./signedBar.tsx";
import { isScan, ScanNote } from "../../parts/scanNote.tsx";
import { entry, type Lesson } from "../../parts/lesson.ts";

/** Scores become shares of a row. The reader tells a previous-token head from a resting one, or from another where none rests. */
export function PatternLesson({ lesson }: { readonly lesson: Lesson }) {
  const { facts, induction } = lesson;
  if (!isScan(facts, induction.layer)) return <Scores lesson={lesson} />;
  return (
    <>
      <p class="say">
        In attention, softmax makes shares of scores. {headName(induction)} has no scores: what is
        shown in their place is how much each earlier token weighs in what it gives.
      </p>
      <ScanNote layer={induction.layer} />
      <WhichHead lesson={lesson} />
    </>
  );
}

function Scores({ lesson }: { readonly lesson: Lesson }) {
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
        The head has a score for every token up to the one it is reading; later ones are hidden.{" "}
        <b>Softmax</b> turns these scores into shares of 100&nbsp;%: how much of its attention each
        token gets.
      </p>
      <p>
        Here head {headName(induction)} is reading <code>{tokenAt(query)}</code> at {query}. The
        shares must add up to 100&nbsp;% even if nothing fits: a head must spend its attention
        somewhere. Most heads then park on the first token, which is always there.
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
  return percent(scores[name][layer]![head]!);
}

interface RowProps {
  readonly lesson: Lesson;
  /** Scores and shares of the lesson's query, by key. */
  readonly scores: Float32Array;
  readonly weights: Float32Array;
}

/** Each earlier token's score, and the share that softmax makes of it; the reader weakens the scores and sees the shares even out. */
function RowTable({ lesson, scores, weights }: RowProps) {
  const { query, tokenAt } = lesson;
  const [times, scale] = useState(1);
  const visible = scores.subarray(0, query + 1);
  const ends = endsOf(visible);
  const shares = times === 1 ? weights : softmax(visible.map((score) => times * score));
  return (
    <>
      <div class="scroll wide" role="group" tabIndex={0} aria-label="A row of the pattern">
        <table class="rowTable">
          <thead>
            <tr>
              <th scope="col">token it can look at</th>
              <th scope="col">score{times !== 1 && ` × ${times}`}</th>
              <th scope="col">share of its attention</th>
            </tr>
          </thead>
          <tbody>
            {[...visible].map((score, key) => (
              <tr key={key} class={shares[key]! >= 0.5 ? "chosen" : undefined}>
                <th scope="row">
                  <code>{tokenAt(key)}</code> at {key}
                </th>
                <td data-value={times * score}>
                  <span class="numberBar">
                    {decimals(times * score, 1)}
                    <SignedBar value={times * score} ends={ends} />
                  </span>
                </td>
                <td data-share={key} data-value={shares[key]}>
                  <ShareBar share={shares[key]!} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <label class="weaken">
        What if the scores were weaker: × {times}{" "}
        <input
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={times}
          aria-valuetext={`scores times ${times}`}
          onInput={(event) => scale(Number(event.currentTarget.value))}
        />
      </label>
    </>
  );
}

/** A share in percent with a bar beside it. */
function ShareBar({ share }: { readonly share: number }) {
  return (
    <span class="numberBar">
      {percent(share)}
      <span>
        <span class="bar" aria-hidden="true" style={{ width: `${100 * share}%` }} />
      </span>
    </span>
  );
}

/** The reader's task: two heads by their pictures. */
function WhichHead({ lesson }: { readonly lesson: Lesson }) {
  const { dark } = usePage();
  const { score } = lesson;
  const previous = bestHead(score.scores.previousToken)!;
  const other = besides(previous, score);
  const [guess, choose] = useState<number | null>(null);
  const pair: readonly HeadAt[] = [other, previous];
  const result =
    guess === null
      ? null
      : guess === 1
        ? `Yes: B is head ${headName(previous)}. It attends to the token before with ${scoreOf(score, previous, "previousToken")} on average: the line one step beside the diagonal.`
        : otherWords(score, other);
  return (
    <Task result={result}>
      <p>
        The pictures show all tokens at once: a line for each token that reads, from the first at
        the top, and in it a square for each token that it can look at,{" "}
        {dark ? "brighter" : "darker"} for a larger share. Which head attends more to the previous
        token?
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
    ? `That one rests: A is head ${headName(other)}, which gives the first token ${value} on average, which is the filled first column.`
    : `Not that one: A is head ${headName(other)}, which ${LABELS[other.name].does}, with ${value} of its attention on average.`;
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
