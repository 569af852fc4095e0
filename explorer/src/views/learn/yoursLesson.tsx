import { useMemo, useState } from "preact/hooks";
import { headName, type HeadAt } from "induction-lens/browser";
import type { Sequence } from "../../engine/protocol.ts";
import { usePage } from "../../page/page.ts";
import { useAnswer } from "../../page/answer.ts";
import { sequential } from "../../parts/colour.ts";
import { TokenRow } from "../../parts/tokenRow.tsx";
import { largest, looks, patternOf, type Pattern } from "../../parts/pattern.ts";
import { idExample, ownLabel } from "../../parts/sequenceBar.tsx";
import { percent } from "../../parts/percent.ts";
import { TokenArcs } from "../../parts/tokenArcs.tsx";
import { FoldedFormula, Task } from "./foldedFormula.tsx";
import type { Lesson } from "../../parts/lesson.ts";

/** The reader's own sequence: where will the induction head look from its last token? */
export function YoursLesson({ lesson }: { readonly lesson: Lesson }) {
  const { token } = usePage();
  const { facts, induction } = lesson;
  const example = facts.tokenizer
    ? "Mr and Mrs Dursley lived there. Mr and Mrs"
    : idExample(facts.vocabulary);
  const [text, read] = useState(example);
  const [guess, choose] = useState<number | null>(null);
  const [tries, count] = useState({ right: 0, all: 0 });
  const { pieces, pattern, error, sequence } = useSequence(text, induction);
  const last = pieces.length - 1;
  const at = (position: number) => `${token(pieces[position]!)} at ${position}`;
  const choosePosition = (position: number | null) => {
    choose(position);
    if (guess !== null || position === null || !pattern) return; // the first choice counts
    const isRight = position === largest(pattern, "from", last, 1)[0]!.position;
    count({ right: tries.right + Number(isRight), all: tries.all + 1 });
  };
  const next = useNext(guess === null ? null : sequence, last);
  const where =
    guess === null || !pattern ? null : resultWords(induction, pattern, { last, guess, at });
  const result = where && [where, next, triesWords(tries)].filter(Boolean).join(" ");
  return (
    <>
      <Question lesson={lesson} />
      <OwnText
        label={ownLabel(facts)}
        example={example}
        read={(own) => {
          choose(null);
          read(own);
        }}
      />
      {error && <p role="alert">{error}</p>}
      <Task result={result}>
        <p>
          It is reading {last >= 0 ? at(last) : "the last token"}. Choose the token that it will
          look at.
        </p>
        {pieces.length > 0 && <Guess {...{ pieces, pattern, guess }} choose={choosePosition} />}
        {guess !== null && pattern && <Looks {...{ induction, pieces, pattern, guess, at }} />}
      </Task>
      <FoldedFormula
        formula="where it looks = the key with the largest pattern[last, key]"
        call={`await bench.run({ tokens, repeats: null }, { layer: ${induction.layer} }) // patterns [1, head, query, key]`}
      />
    </>
  );
}

/** What is asked, and how much the head does elsewhere. */
function Question({ lesson: { induction, score, alike } }: { readonly lesson: Lesson }) {
  const hasInduction = alike.length > 0;
  const strength = score.scores.induction[induction.layer]![induction.head]!;
  return (
    <>
      <p class="say">
        Type a sequence of your own in which something comes twice. Where will head{" "}
        {headName(induction)}
        {hasInduction && ", which looks for what came next last time,"} look from the last token?
      </p>
      <p>
        On random sequences that repeat it gives {percent(strength)} of its attention to the token
        that came next last time
        {hasInduction
          ? ". If it does something else on yours, you have found a limit of that number."
          : ": of all heads of this model the most, and too little to call it an induction head."}
      </p>
    </>
  );
}

interface LooksProps {
  readonly induction: HeadAt;
  readonly pieces: readonly string[];
  readonly pattern: Pattern;
  readonly guess: number;
  readonly at: (position: number) => string;
}

/** Where the head looks from the last token, as arcs. */
function Looks({ induction, pieces, pattern, guess, at }: LooksProps) {
  const { token } = usePage();
  const last = pieces.length - 1;
  return (
    <TokenArcs
      label={`Where head ${headName(induction)} looks from the last token`}
      pieces={pieces.map(token)}
      arcs={largest(pattern, "from", last, 6).map(({ position, weight }) => ({
        from: last,
        to: position,
        weight,
        role: "induction",
        label: weight >= 0.2 ? `${percent(weight)} on ${token(pieces[position]!)}` : "",
        words: `${at(last)} looks at ${at(position)}, ${percent(weight)}`,
      }))}
      query={last}
      mine={guess}
    />
  );
}

/** The reader's text as tokens, and where the head looks in it; null while that is on its way. */
function useSequence(text: string, { layer, head }: HeadAt) {
  const { engine } = usePage();
  const sequence = useAnswer(engine, "sequence", { text, period: 4, seed: 0 });
  const ids = sequence.answer?.ids ?? null;
  const look = useAnswer(engine, "look", ids && { ids, layer, edits: [] }).answer;
  const pieces = sequence.answer?.pieces ?? [];
  const pattern = useMemo(
    () => (look && look.length === pieces.length ? patternOf(look, head, false) : null),
    [look, pieces.length],
  );
  return { pieces, pattern, error: sequence.error, sequence: sequence.answer ?? null };
}

/** What the model says comes next; empty while that is not asked or on its way. */
function useNext(sequence: Sequence | null, at: number): string {
  const { engine, token } = usePage();
  const { answer } = useAnswer(engine, "cut", sequence && { edits: [], sequence, at });
  const [best] = answer?.guesses ?? [];
  return best
    ? `The model then guesses ${token(best.piece)} as the next token, with ${percent(best.probability)}.`
    : "";
}

function triesWords({ right, all }: { readonly right: number; readonly all: number }): string {
  return all < 2 ? "" : `You had ${right} of ${all} right at first sight.`;
}

interface NextGuess {
  readonly last: number;
  readonly guess: number;
  readonly at: (position: number) => string;
}

function resultWords(induction: HeadAt, pattern: Pattern, { last, guess, at }: NextGuess): string {
  const best = largest(pattern, "from", last, 1)[0]!;
  const most = percent(best.weight);
  if (guess === best.position)
    return `Right: head ${headName(induction)} puts ${most} on ${at(guess)}.`;
  return `Not this one. Head ${headName(induction)} puts ${most} on ${at(best.position)}, and ${percent(pattern.weight(last, guess))} on ${at(guess)}.`;
}

interface OwnTextProps {
  readonly label: string;
  readonly example: string;
  readonly read: (text: string) => void;
}

function OwnText({ label, example, read }: OwnTextProps) {
  const [draft, write] = useState(example);
  return (
    <form
      class="sequence"
      onSubmit={(event) => {
        event.preventDefault();
        read(draft);
      }}
    >
      <label class="wide">
        {label}{" "}
        <input type="text" value={draft} onInput={(event) => write(event.currentTarget.value)} />
      </label>
      <button type="submit">Read it</button>
    </form>
  );
}

interface GuessProps {
  readonly pieces: readonly string[];
  readonly pattern: Pattern | null;
  readonly guess: number | null;
  readonly choose: (position: number | null) => void;
}

/** The tokens to choose from; where the head looks shows once one is chosen. */
function Guess({ pieces, pattern, guess, choose }: GuessProps) {
  const { dark } = usePage();
  const ramp = useMemo(() => sequential(dark), [dark]);
  const last = pieces.length - 1;
  return (
    <TokenRow
      label="Your sequence"
      pieces={pieces}
      at={guess ?? last}
      locked={guess !== null}
      shades={guess !== null && pattern ? looks(pattern, last) : []}
      words={(position) =>
        guess !== null && pattern
          ? `looked at with ${pattern.weight(last, position).toFixed(3)}`
          : "not chosen"
      }
      ramp={ramp}
      hover={() => undefined}
      lock={(position) => choose(position)}
    />
  );
}
