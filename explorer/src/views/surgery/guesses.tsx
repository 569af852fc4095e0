import type { Cut, Guess } from "../../engine/protocol.ts";
import { useHeading, usePage } from "../../page/page.ts";
import { useSequence } from "../../page/useSequence.ts";
import { sequential } from "../../parts/colour.ts";
import { SequenceBar } from "../../parts/sequenceBar.tsx";
import { Waiting } from "../../parts/waiting.tsx";
import { TokenRow } from "../../parts/tokenRow.tsx";

interface Props {
  readonly before: Cut;
  readonly after: Cut;
  /** What is being measured, in words; null: what is shown is up to date. */
  readonly waiting: string | null;
}

const SHOWN = 5;

/** What the model says comes next in the page's sequence, with all heads and with the edits. */
export function Guesses({ before, after, waiting }: Props) {
  const { state, change, dark } = usePage();
  const { token } = state;
  const nextHeading = useHeading("next");
  const sequence = useSequence();
  const pieces = sequence.answer?.pieces ?? [];
  const at = token !== null && token < pieces.length ? token : after.at;
  return (
    <section class="next" aria-labelledby={nextHeading.labelledBy}>
      <h2 id={nextHeading.id}>What comes next?</h2>
      <div class="panes">
        <div>
          <SequenceBar error={sequence.error} />
          {pieces.length > 0 && (
            <TokenRow
              label="The model guesses the token after the chosen one"
              pieces={pieces}
              at={at}
              locked={token !== null}
              shades={[]}
              words={(position) =>
                position === at ? "the model guesses what comes after this" : "choose"
              }
              ramp={sequential(dark)}
              hover={() => undefined}
              lock={(position) => change({ token: position })}
            />
          )}
          <p class="hint">
            {token === null && after.edits.length > 0
              ? "Shown where the changes take most from the right guess. "
              : ""}
            Choose a token: the model then guesses the one after it.
          </p>
        </div>
        <Waiting words={waiting}>
          <GuessTable {...{ before, after }} pieces={pieces} />
        </Waiting>
      </div>
    </section>
  );
}

interface TableProps extends Omit<Props, "waiting"> {
  /** Of the sequence that is shown. */
  readonly pieces: readonly string[];
}

function GuessTable({ before, after, pieces }: TableProps) {
  const { token } = usePage();
  const piece = pieces[after.at];
  const place = piece === undefined ? "" : `${token(piece)} at `;
  return (
    <div class="scroll wide" role="group" tabIndex={0} aria-label="The guesses">
      <table class="guesses">
        <caption>
          The model's guess after {place || "position "}
          {after.at} (– = not among its eight best)
        </caption>
        <thead>
          <tr>
            <th scope="col">token</th>
            <th scope="col">all heads</th>
            <th scope="col">with the changes</th>
          </tr>
        </thead>
        <tbody>
          {joinGuesses(before, after).map(({ id, piece, was, is }) => (
            <tr key={id}>
              <th scope="row">
                <code>{token(piece)}</code>
                {id === after.truth?.id && " (comes next)"}
              </th>
              <Probability value={was} kind="bar" />
              <Probability value={is} kind="bar gone" />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Probability({ value, kind }: { readonly value: number | null; readonly kind: string }) {
  return (
    <td data-value={value ?? undefined}>
      {value === null ? "–" : value.toFixed(3)}
      <span class={kind} aria-hidden="true" style={{ width: `${100 * (value ?? 0)}%` }} />
    </td>
  );
}

/** The token that comes next, then the best guesses of both. */
function joinGuesses(before: Cut, after: Cut) {
  const guesses = (cut: Cut) => [...(cut.truth ? [cut.truth] : []), ...cut.guesses.slice(0, SHOWN)];
  const byId = new Map<number, Guess>(
    [...guesses(before), ...guesses(after)].map((guess) => [guess.id, guess]),
  );
  const of = (cut: Cut, id: number) =>
    [...(cut.truth ? [cut.truth] : []), ...cut.guesses].find((guess) => guess.id === id)
      ?.probability ?? null;
  return [...byId.values()].map(({ id, piece }) => ({
    id,
    piece,
    was: of(before, id),
    is: of(after, id),
  }));
}
