import { useState } from "preact/hooks";
import { headName, type HeadAt } from "induction-lens/browser";
import { usePage } from "../../page/page.ts";
import { TokenArcs } from "../../parts/tokenArcs.tsx";
import { FoldedFormula, Task } from "./foldedFormula.tsx";
import { headList } from "../../parts/headWords.ts";
import { stepsOf, resultWords, type Step } from "./circuitSteps.ts";
import { useCircuit, WAYS, type Circuit as CircuitData } from "./useCircuit.ts";
import type { Lesson } from "../../parts/lesson.ts";

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

function Circuit({ lesson, previous }: { readonly lesson: Lesson; readonly previous: HeadAt }) {
  const { query, induction, facts, sequence } = lesson;
  const [step, go] = useState(0);
  const circuit = useCircuit(lesson, previous);
  const { back, match, copied } = circuit.numbers;
  const steps = stepsOf(lesson, previous, circuit.numbers, circuit.cutHeads);
  return (
    <>
      <p class="say">
        Induction takes two heads. The first leaves a note at every position: “before me came X”.
        The second, reading X again, finds the note and copies the token that carries it.
      </p>
      <WhichHeads lesson={lesson} />
      <CircuitArcs {...{ lesson, circuit, steps, step }} />
      <p
        class="say"
        role="status"
        data-step={step}
        data-back={back}
        data-match={match}
        data-copied={copied}
      >
        {step + 1} of 4. {steps[step]!.words}
      </p>
      <div class="ways">
        <button
          type="button"
          class="plain"
          data-step-back
          disabled={step === 0}
          onClick={() => go(step - 1)}
        >
          Step back
        </button>
        <button type="button" data-step-on disabled={step === 3} onClick={() => go(step + 1)}>
          Next step
        </button>
      </div>
      <Task result={resultWords(lesson, circuit)}>
        <p>Cut heads and read the numbers again.</p>
        <CutButtons {...circuit} />
      </Task>
      <FoldedFormula
        formula={`key[k] reads W_K · (stream[k] + W_O · z[${headName(previous)}][k]): K-composition; z[q] = sum over k of pattern[q, k] · value[k]`}
        call={`const bench = await openWorkbench(model, backend, { rows: 1, length: ${sequence.ids.length} });\nawait bench.run({ tokens, repeats }, { edits: [{ layer: ${previous.layer}, head: ${previous.head}, kind: "zero" }], layer: ${induction.layer}, logitPositions: [${query}] });\nawait circuit(model, backend); // composition of all ${facts.headsByLayer.reduce((sum, count) => sum + count, 0)} heads, from the weights alone`}
      />
    </>
  );
}

/** What there is to know of heads that do the second part: how many, and whether any does so clearly. */
function WhichHeads({ lesson }: { readonly lesson: Lesson }) {
  const { alike, induction, score } = lesson;
  const strength = score.scores.induction[induction.layer]![induction.head]!;
  return (
    <>
      {alike.length > 1 && (
        <p data-alike={alike.length}>
          Here {alike.length} heads do the second part: {headList(alike)}. The numbers are those of{" "}
          {headName(induction)}, the one with the highest score.
        </p>
      )}
      {alike.length === 0 && (
        <p>
          This model has no clear induction head: the best one, {headName(induction)}, scores{" "}
          {strength.toFixed(2)} of 1. The steps below say what an induction head would do, with the
          numbers that this one has.
        </p>
      )}
    </>
  );
}

interface ArcsProps {
  readonly lesson: Lesson;
  readonly circuit: CircuitData;
  readonly steps: readonly Step[];
  readonly step: number;
}

/** The steps so far on the tokens themselves: they add up, and the earlier ones fade. */
function CircuitArcs({ lesson, circuit, steps, step }: ArcsProps) {
  const { token } = usePage();
  const { sequence, query, target, tokenAt } = lesson;
  const stepsSoFar = steps.slice(0, step + 1);
  const { guess } = circuit;
  const { repeats } = sequence;
  return (
    <TokenArcs
      label="The tokens of this lesson, with arcs from each token that looks to the one it looks at"
      pieces={sequence.pieces.slice(0, query + 1).map(token)}
      arcs={stepsSoFar.flatMap(({ arcs }, at) =>
        arcs.map((arc) => ({ ...arc, isPast: at < step })),
      )}
      seam={repeats && repeats.start + repeats.period}
      reach={query - target}
      note={
        stepsSoFar.some(({ isNoted }) => isNoted)
          ? { at: target, text: `② after ${tokenAt(target - 1)}` }
          : null
      }
      guess={{
        piece: guess ? token(guess.piece) : "…",
        probability: guess?.probability ?? null,
        from: stepsSoFar.some(({ isCopied }) => isCopied) ? target : null,
        copied: `④ copies ${tokenAt(target)}`,
      }}
      {...{ query, target }}
    />
  );
}

function CutButtons({ heads, chosen, toggle }: Pick<CircuitData, "heads" | "chosen" | "toggle">) {
  const { all } = heads;
  const offered = WAYS.filter((way) => way !== "all" || all.length > 1);
  return (
    <div class="ways">
      {offered.map((way) => (
        <button
          key={way}
          type="button"
          class="plain"
          aria-pressed={chosen === way}
          onClick={() => toggle(way)}
        >
          Cut {way === "all" ? `all ${all.length}: ${headList(all)}` : headList(heads[way])}
        </button>
      ))}
    </div>
  );
}
