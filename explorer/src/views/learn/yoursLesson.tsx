import { useMemo, useState } from "preact/hooks";
import { headName } from "induction-lens/browser";
import { useAnswer, usePage } from "../../page/page.ts";
import { sequential } from "../../parts/colour.ts";
import { shownToken } from "../../parts/shownToken.ts";
import { TokenRow } from "../../parts/tokenRow.tsx";
import { largest, looks, patternOf } from "../../parts/pattern.ts";
import { Folded, Task } from "./folded.tsx";
import type { Lesson } from "./lesson.ts";

/** The reader's own sequence: where will the induction head look from its last token? */
export function YoursLesson({ lesson }: { readonly lesson: Lesson }) {
  const { engine, dark } = usePage();
  const { facts, induction, score } = lesson;
  const example = facts.tokenizer
    ? "Mr and Mrs Dursley lived there. Mr and Mrs"
    : "5 30 13 20 41 5 30 13";
  const [draft, write] = useState(example);
  const [text, read] = useState(example);
  const [guess, choose] = useState<number | null>(null);
  const sequence = useAnswer(engine, "sequence", { text, period: 4, seed: 0 });
  const ids = sequence.answer?.ids ?? null;
  const look = useAnswer(engine, "look", ids && { ids, layer: induction.layer, edits: [] }).answer;
  const ramp = useMemo(() => sequential(dark), [dark]);
  const pieces = sequence.answer?.pieces ?? [];
  const last = pieces.length - 1;
  const pattern = useMemo(
    () => (look && look.length === pieces.length ? patternOf(look, induction.head, false) : null),
    [look, pieces.length],
  );
  const best = pattern && largest(pattern, "from", last, 1)[0]!;
  const at = (position: number) => `${shownToken(pieces[position]!)} at ${position}`;
  const strength = score.scores.induction[induction.layer]![induction.head]!;
  const result =
    guess === null || !pattern || !best
      ? null
      : `${guess === best.position ? "Right" : "Not this time"}: head ${headName(induction)} looks most at ${at(best.position)}, with ${best.weight.toFixed(3)}; ${at(guess)} gets ${pattern.weight(last, guess).toFixed(3)}.`;
  return (
    <>
      <p class="say">
        Type a sequence of your own in which something comes twice, and say where head{" "}
        {headName(induction)} will look from its last token.
      </p>
      <p>
        It scores {strength.toFixed(2)} of 1 on random sequences that repeat. On yours it may do
        something else: then you have found what the score does not say.
      </p>
      <form
        class="sequence"
        onSubmit={(event) => {
          event.preventDefault();
          choose(null);
          read(draft);
        }}
      >
        <label class="wide">
          {facts.tokenizer ? "Text" : `Token ids from 0 to ${facts.vocabulary - 1}`}{" "}
          <input type="text" value={draft} onInput={(event) => write(event.currentTarget.value)} />
        </label>
        <button type="submit">Read it</button>
      </form>
      {sequence.error && <p role="alert">{sequence.error}</p>}
      <Task result={result}>
        <p>Choose the token that it will look at from {last >= 0 ? at(last) : "the last token"}.</p>
        {pieces.length > 0 && (
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
        )}
      </Task>
      <Folded
        formula="where it looks = the key with the largest pattern[last, key]"
        call={`await bench.run({ tokens, repeats: null }, { layer: ${induction.layer} }) // patterns [1, head, query, key]`}
      />
    </>
  );
}
