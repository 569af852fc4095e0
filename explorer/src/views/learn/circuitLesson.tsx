import { useState } from "preact/hooks";
import { headName, type HeadAt, type HeadEdit } from "induction-lens/browser";
import type { Requests } from "../../engine/protocol.ts";
import { useAnswer, usePage } from "../../page/page.ts";
import { sequential } from "../../parts/colour.ts";
import { TokenRow } from "../../parts/tokenRow.tsx";
import { Folded, Task } from "./folded.tsx";
import { CLEARLY, headList } from "../../parts/headWords.ts";
import { conclusion, lossWords } from "./cutWords.ts";
import type { Lesson } from "./lesson.ts";

/** Previous token, key, match, copy: the path of induction with the model's numbers. The reader cuts either head, and all that do as the second does. */
export function CircuitLesson({ lesson }: { readonly lesson: Lesson }) {
  const { previous } = lesson;
  if (!previous)
    return (
      <p class="say">
        The head that attends most like an induction head, {headName(lesson.induction)}, is in the
        first layer: no head comes before it, so this model has no circuit of two heads. Try another
        model.
      </p>
    );
  return <Circuit lesson={lesson} previous={previous} />;
}

/** What can be cut: the head that looks back, the one that matches, or all that match. */
const WAYS = ["previous", "best", "all"] as const;
type Way = (typeof WAYS)[number];

function Circuit({ lesson, previous }: { readonly lesson: Lesson; readonly previous: HeadAt }) {
  const { engine, dark } = usePage();
  const { sequence, query, target, induction, alike, tokenAt, score, facts } = lesson;
  const [step, go] = useState(0);
  const [chosen, cut] = useState<Way | null>(null);
  const [tried, remember] = useState<readonly Way[]>([]);
  const ways: Readonly<Record<Way, readonly HeadAt[]>> = {
    previous: [previous],
    best: [induction],
    all: alike.length > 1 ? alike : [induction],
  };
  const gone = chosen ? ways[chosen] : [];
  const edits = zeroed(gone);
  const ids = sequence.ids;
  const firstLook = useAnswer(engine, "look", { ids, layer: previous.layer, edits: [] }).answer;
  const lookArgs: Requests["look"]["args"] = { ids, layer: induction.layer, edits };
  const secondLook = useAnswer(engine, "look", lookArgs).answer;
  const at = { sequence, at: query };
  const now = useAnswer(engine, "cut", { edits, ...at });
  const whole = useAnswer(engine, "cut", { edits: [], ...at }).answer;
  const after = (way: Way) => (tried.includes(way) ? { edits: zeroed(ways[way]), ...at } : null);
  const cuts = {
    previous: { heads: ways.previous, after: useAnswer(engine, "cut", after("previous")).answer },
    best: { heads: ways.best, after: useAnswer(engine, "cut", after("best")).answer },
    all: { heads: ways.all, after: useAnswer(engine, "cut", after("all")).answer },
  };
  const weight = (look: typeof firstLook, head: number, from: number, to: number) =>
    look ? look.patterns[(head * ids.length + from) * ids.length + to]! : null;
  const back = weight(firstLook, previous.head, target, target - 1);
  const match = weight(secondLook, induction.head, query, target);
  const copied = now.answer?.truth?.probability ?? null;
  const number = (value: number | null) => value?.toFixed(3) ?? "…";
  const steps = [
    {
      at: target,
      to: target - 1,
      words: `Previous token. At ${tokenAt(target)}, position ${target}, head ${headName(previous)} looks one back, at ${tokenAt(target - 1)}, with ${number(back)} of its attention.`,
    },
    {
      at: target,
      to: target,
      words: `Key. What it found is added to the stream of position ${target}. So the key that head ${headName(induction)} makes there says: what was before me is ${tokenAt(target - 1)}.`,
    },
    {
      at: query,
      to: target,
      words: `Match. Later ${tokenAt(query)} comes again, at ${query}. Its query asks: who had ${tokenAt(query)} before it? The key at ${target} answers, and gets ${number(match)} of the attention.`,
    },
    {
      at: query,
      to: target,
      words: `Copy. The value hands over which token stands at ${target}: ${tokenAt(target)}. The model's probability of ${tokenAt(query + 1)} as the next token becomes ${number(copied)}.`,
    },
  ];
  const shown = steps[step]!;
  const name = headList(gone);
  const lost = chosen && cuts[chosen].after;
  const looks = gone.some((one) => headName(one) === headName(induction)) ? "still gives" : "gives";
  const result =
    lost && whole && !now.busy
      ? `Without ${name}: head ${headName(induction)} ${looks} position ${target} ${number(match)} of its attention, and the next token gets a probability of ${number(copied)}; with all heads it gets ${number(whole.truth?.probability ?? null)}. ${lossWords(whole, lost)} ${conclusion({ whole, ...cuts })}`
      : null;
  const toggle = (way: Way) => {
    cut(chosen === way ? null : way);
    remember([...new Set([...tried, way])]);
  };
  const strength = score.scores.induction[induction.layer]![induction.head]!;
  const offered = WAYS.filter((way) => way !== "all" || alike.length > 1);
  return (
    <>
      <p class="say">
        Induction takes two heads. One writes into every position what stood before it; the other
        looks for the position where its own token stood before.
      </p>
      {alike.length > 1 && (
        <p data-alike={alike.length}>
          Here {alike.length} heads do the second part: {headList(alike)}. The numbers are those of{" "}
          {headName(induction)}, the one with the highest score.
        </p>
      )}
      {strength < CLEARLY && (
        <p>
          This model has no clear induction head: the best one, {headName(induction)}, scores{" "}
          {strength.toFixed(2)} of 1. The steps below say what an induction head would do, with the
          numbers that this one has.
        </p>
      )}
      <TokenRow
        label="The sequence of this lesson"
        pieces={sequence.pieces}
        at={shown.at}
        locked={false}
        shades={sequence.pieces.map((_, position) => (position === shown.to ? 0.75 : 0))}
        words={(position) => (position === shown.to ? "looked at" : "")}
        ramp={sequential(dark)}
        hover={() => undefined}
        lock={() => undefined}
      />
      <p class="say" data-step={step} data-back={back} data-match={match} data-copied={copied}>
        {step + 1} of 4. {shown.words}
      </p>
      <div class="ways">
        <button type="button" class="plain" disabled={step === 0} onClick={() => go(step - 1)}>
          Step back
        </button>
        <button type="button" disabled={step === 3} onClick={() => go(step + 1)}>
          Next step
        </button>
      </div>
      <Task result={result}>
        <p>Cut heads and read the numbers again.</p>
        <div class="ways">
          {offered.map((way) => (
            <button
              key={way}
              type="button"
              class="plain"
              aria-pressed={chosen === way}
              onClick={() => toggle(way)}
            >
              Cut {way === "all" ? `all ${alike.length}: ${headList(alike)}` : headList(ways[way])}
            </button>
          ))}
        </div>
      </Task>
      <Folded
        formula={`key[k] reads W_K · (stream[k] + W_O · z[${headName(previous)}][k]): K-composition; z[q] = sum over k of pattern[q, k] · value[k]`}
        call={`const bench = await openWorkbench(model, backend, { rows: 1, length: ${ids.length} });\nawait bench.run({ tokens, repeats }, { edits: [{ layer: ${previous.layer}, head: ${previous.head}, kind: "zero" }], layer: ${induction.layer}, asked: [${query}] });\nawait circuit(model, backend); // composition of all ${facts.layers * facts.heads} heads, from the weights alone`}
      />
    </>
  );
}

function zeroed(heads: readonly HeadAt[]): HeadEdit[] {
  return heads.map(({ layer, head }) => ({ layer, head, kind: "zero" }));
}
