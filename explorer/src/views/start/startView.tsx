import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { headName, type HeadAt, type HeadEdit } from "induction-lens/browser";
import { isSameHead, switchHead, zeroHeads } from "../../engine/edits.ts";
import type { Cut } from "../../engine/protocol.ts";
import { usePage } from "../../page/page.ts";
import { useAnswer } from "../../page/answer.ts";
import { useShown } from "../../page/useShown.ts";
import { editText, type ViewName } from "../../page/address.ts";
import { sequential } from "../../parts/colour.ts";
import { inductionHeads, useSigns, type HeadSign } from "../../parts/headSigns.ts";
import { cutLabel, headList } from "../../parts/headWords.ts";
import { FOUND, useLesson, useLooks, type Lesson } from "../../parts/lesson.ts";
import { patternOf } from "../../parts/pattern.ts";
import { plural } from "induction-lens/report";
import { percent } from "../../parts/percent.ts";
import { Thumb } from "../../parts/thumb.tsx";
import { TokenArcs } from "../../parts/tokenArcs.tsx";
import { Waiting } from "../../parts/waiting.tsx";
import "./start.css";

/** The finished thing at once: a sequence, the model's guess, heads to switch, what that costs, and three ways on. */
export function StartView() {
  const { facts, score } = usePage();
  const { lesson, error } = useLesson();
  const isClear = inductionHeads(score!.scores, useSigns()).length > 0;
  return (
    <>
      <section class="start" aria-labelledby="start">
        <h2 id="start">
          {isClear
            ? "This model has learnt to copy. Break it."
            : "This model has no clear induction head."}
        </h2>
        <p class="say">
          It has seen a row of tokens once, and now it comes again. An <b>induction head</b> looks
          back to where the last token stood before and copies what came next.
        </p>
        {error && <p role="alert">{error}</p>}
        {lesson ? (
          <Break key={lesson.facts.id} lesson={lesson} />
        ) : (
          !error && <p class="status placeholder">{facts ? "Choosing a sequence" : "Loading"} …</p>
        )}
      </section>
      <Doors />
    </>
  );
}

function Break({ lesson }: { readonly lesson: Lesson }) {
  const { engine, state, change } = usePage();
  const { edits } = state;
  const at = { sequence: lesson.sequence, at: lesson.query };
  const whole = useAnswer(engine, "cut", { edits: [], ...at }).answer;
  const now = useAnswer(engine, "cut", { edits, ...at });
  const { value: cut } = useShown(now.answer);
  const { previous, alike, induction } = lesson;
  const signOf = useSigns();
  const others = alike.length > 0 ? alike : [induction];
  return (
    <>
      <Arcs {...{ lesson }} guess={now.answer} />
      <Waiting words={now.busy && cut ? "the guess" : null}>
        <div class="outcome">
          {cut && <Guess cut={cut} />}
          {whole && cut && <Price {...{ whole, now: cut }} />}
        </div>
      </Waiting>
      <p class="ways">
        {previous && (
          <CutButton heads={[previous]}>
            Cut {headName(previous)}
            {looksBack(signOf(previous)) && ", which looks one back"}
          </CutButton>
        )}
        <CutButton heads={others}>Cut {headList(others)}</CutButton>
        <button
          type="button"
          class="plain"
          disabled={edits.length === 0}
          onClick={() => change({ edits: [] })}
        >
          All heads on
        </button>
      </p>
      <Switches lesson={lesson} />
    </>
  );
}

interface CutProps {
  readonly heads: readonly HeadAt[];
  readonly children: ComponentChildren;
}

/** Cuts these heads and no others; pressed while that holds, and then puts them back. */
function CutButton({ heads, children }: CutProps) {
  const { state, change } = usePage();
  const edits = zeroHeads(heads);
  const done = state.edits.map(editText);
  const isCut =
    done.length === edits.length && edits.every((edit) => done.includes(editText(edit)));
  return (
    <button
      type="button"
      class={isCut ? "plain" : undefined}
      aria-pressed={isCut}
      onClick={() => change({ edits: isCut ? [] : edits })}
    >
      {children}
    </button>
  );
}

/** By its verdict, or by its attention until there is one. */
function looksBack({ verdict, score }: HeadSign): boolean {
  return verdict ? verdict.label === "previous-token" : score === "previousToken";
}

interface ArcsProps {
  readonly lesson: Lesson;
  /** Null while it is measured. */
  readonly guess: Cut | null;
}

/** The look back and the match with the changes that are made, on the tokens themselves. */
function Arcs({ lesson, guess }: ArcsProps) {
  const { state, token } = usePage();
  const { edits } = state;
  const { sequence, query, target, induction, previous, tokenAt } = lesson;
  const { ids, repeats } = sequence;
  const { back, match } = useLooks(lesson, edits);
  const isOff = (at: HeadAt) => edits.some((edit) => isSameHead(edit, at));
  const nameOf = (position: number) => `${tokenAt(position)} at ${position}`;
  const best = guess?.guesses[0];
  const isFound = match === null || match >= FOUND;
  const after = `what came after ${tokenAt(query)}`;
  const matchWords = isFound
    ? `finds ${after}: ${percent(match)}`
    : `gives only ${percent(match)} to ${after}`;
  return (
    <TokenArcs
      label="The sequence, with arcs from each token that looks to the one it looks at"
      pieces={sequence.pieces.slice(0, query + 1).map(token)}
      arcs={[
        ...(previous
          ? [
              {
                from: target,
                to: target - 1,
                weight: back ?? 0,
                role: "previous" as const,
                label: isOff(previous)
                  ? cutWords(edits, previous)
                  : `head ${headName(previous)} looks one back: ${percent(back)}`,
                words: `Head ${headName(previous)}: ${nameOf(target)} looks at ${nameOf(target - 1)}, ${percent(back)}`,
                isCut: isOff(previous),
              },
            ]
          : []),
        {
          from: query,
          to: target,
          weight: match ?? 0,
          role: "induction" as const,
          label: isOff(induction)
            ? cutWords(edits, induction)
            : `head ${headName(induction)} ${matchWords}`,
          words: `Head ${headName(induction)}: ${nameOf(query)} looks at ${nameOf(target)}, ${percent(match)}`,
          isCut: isOff(induction),
        },
      ]}
      seam={repeats && repeats.start + repeats.period}
      reach={query - target}
      guess={{
        piece: best ? token(best.piece) : "…",
        probability: best?.probability ?? null,
        from: best?.id === ids[query + 1] && (match ?? 0) >= FOUND ? target : null,
        copied: `copies ${tokenAt(target)}`,
      }}
      {...{ query, target }}
    />
  );
}

/** What a head that is changed still does. */
function cutWords(edits: readonly HeadEdit[], at: HeadAt): string {
  const isZero = edits.some((edit) => isSameHead(edit, at) && edit.kind === "zero");
  return isZero ? cutLabel(at) : `head ${headName(at)} is changed in Surgery`;
}

const GUESSES = 5;

/** What the model says comes next: five bars, the right one in blue. */
function Guess({ cut }: { readonly cut: Cut }) {
  const { token } = usePage();
  const { guesses, truth } = cut;
  const likeliest = guesses.slice(0, GUESSES);
  return (
    <table class="guess" data-of={editsOf(cut.edits)}>
      <caption>The model's guess of what comes next</caption>
      <tbody>
        {likeliest.map(({ id, piece, probability }) => (
          <tr key={id}>
            <th scope="row">
              <code>{token(piece)}</code>
              {id === truth?.id && " ✓"}
            </th>
            <td data-value={probability}>
              <span
                class={id === truth?.id ? "bar" : "bar other"}
                aria-hidden="true"
                style={{ width: `${Math.round(100 * probability)}%` }}
              />
              <span>{percent(probability)}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function editsOf(edits: readonly HeadEdit[]): string {
  return edits.map(headName).join();
}

/** The one number: what the changes cost where the row comes again. */
function Price({ whole, now }: { readonly whole: Cut; readonly now: Cut }) {
  const [was, is] = [whole.losses.secondCopy, now.losses.secondCopy];
  const changed = now.edits.length > 0;
  return (
    <p class={changed ? "price changed" : "price"} role="status" data-of={editsOf(now.edits)}>
      <span>loss on the repeat</span>
      <b data-loss="secondCopy" data-value={is}>
        {was.toFixed(2)}
        {changed && ` → ${is.toFixed(2)}`}
      </b>
      <span>
        nats{changed && ` without ${headList(now.edits)}`}; guessing with no repeat costs{" "}
        {whole.losses.firstCopy.toFixed(2)}
      </span>
      <small>
        Mean of {plural(whole.rows, "sequence")}. A nat is a unit of surprise: 0 is sure and right,
        and with each nat more the right token is 2.7 times less likely to the model.
      </small>
    </p>
  );
}

/** Heads that fit on one screen; of a larger model those that the picture speaks of. */
const MOST = 16;

/** A switch for each head, with where it looks in this sequence. */
function Switches({ lesson }: { readonly lesson: Lesson }) {
  const { state, change } = usePage();
  const { facts, alike, induction, previous } = lesson;
  const { edits } = state;
  const all = facts.headsByLayer.flatMap((count, layer) =>
    Array.from({ length: count }, (_, head) => ({ layer, head })),
  );
  const heads =
    all.length <= MOST
      ? all
      : [...(previous ? [previous] : []), ...(alike.length > 0 ? alike : [induction])].slice(
          0,
          MOST,
        );
  const layers = [...new Set(heads.map(({ layer }) => layer))].toSorted((a, b) => a - b);
  return (
    <div class="switches">
      {layers.map((layer) => (
        <div key={layer} role="group" aria-label={`Heads of layer ${layer}`}>
          <span class="status">layer {layer}</span>
          {heads
            .filter((at) => at.layer === layer)
            .map((at) => (
              <HeadSwitch
                key={headName(at)}
                {...{ at, lesson }}
                isOff={edits.some((edit) => isSameHead(edit, at))}
                toggle={() => change({ edits: switchHead(edits, at) })}
              />
            ))}
        </div>
      ))}
    </div>
  );
}

interface SwitchProps {
  readonly at: HeadAt;
  readonly lesson: Lesson;
  readonly isOff: boolean;
  readonly toggle: () => void;
}

function HeadSwitch({ at, lesson, isOff, toggle }: SwitchProps) {
  const { engine, state, dark } = usePage();
  const { edits } = state;
  const { ids, repeats } = lesson.sequence;
  const { answer } = useAnswer(engine, "look", { ids, layer: at.layer, edits, repeats });
  const { value: look } = useShown(answer);
  const ramp = useMemo(() => sequential(dark), [dark]);
  const pattern = useMemo(() => look && patternOf(look, at.head, false), [look, at.head]);
  const { glyph, name } = useSigns()(at);
  const what = `${glyph} ${name}`;
  return (
    <button
      type="button"
      class={`plain thumb${isOff ? " off" : ""}`}
      aria-pressed={isOff}
      aria-label={`Cut head ${headName(at)}, ${what}`}
      onClick={toggle}
    >
      {pattern && <Thumb pattern={pattern} ramp={ramp} />}
      <span>
        {isOff ? "✂ " : ""}
        {headName(at)}
      </span>
      <span class="what">{what}</span>
    </button>
  );
}

const DOORS: readonly (readonly [ViewName, string, string])[] = [
  ["learn", "Explain it to me", "Five lessons on this model's own numbers, about 8 minutes."],
  ["heads", "Show me all heads", "The map, what each head does, and whether the model needs it."],
  ["attention", "Read my own text", "Where a head looks, token by token, and why it looks there."],
];

function Doors() {
  const { change } = usePage();
  return (
    <div class="doors">
      {DOORS.map(([view, title, about]) => (
        <button
          key={view}
          type="button"
          class="plain door"
          onClick={() => change({ view, lesson: 0 }, "new")}
        >
          <b>{title}</b>
          <span>{about}</span>
        </button>
      ))}
    </div>
  );
}
