import { useEffect, useState } from "preact/hooks";
import type { VerdictResult } from "induction-lens/browser";
import { FLAG_WORDS, ROUTE_WORDS } from "induction-lens/report";
import type { Engine } from "../../engine/client.ts";
import { useAnswer, usePage } from "../../page/page.ts";

export type HeadVerdict = VerdictResult["heads"][number];

/** A glyph for each label, so that none is told by colour alone. */
export const VERDICT_GLYPHS: Readonly<Record<HeadVerdict["label"], string>> = {
  induction: "◆",
  "anti-induction": "◇",
  "copy-suppression": "⊖",
  "attends-without-copying": "◈",
  positional: "▷",
  "previous-token": "◀",
  "duplicate-token": "●",
  "current-token": "■",
  "first-token": "▲",
  mixed: "✚",
  other: "○",
};

/** Verdicts of this visit, so that they are there when the reader comes back. */
const known = new WeakMap<Engine, VerdictResult>();

/** The verdict on the open model, once the reader asked for it. */
export function useVerdict() {
  const { engine, live } = usePage();
  const [asked, ask] = useState<Engine | null>(null);
  const kept = engine ? (known.get(engine) ?? null) : null;
  const wanted = live && kept === null && asked === engine;
  const answer = useAnswer(wanted ? engine : null, "verdict", wanted ? {} : null);
  useEffect(() => {
    if (engine && answer.answer) known.set(engine, answer.answer);
  }, [engine, answer.answer]);
  return {
    verdict: kept ?? answer.answer,
    busy: answer.busy,
    step: answer.step,
    error: answer.error,
    ask: () => ask(engine),
    stop: () => ask(null),
  };
}

/** Asks for the verdict, says how far it is, and what was found. */
export function VerdictBar({ found }: { readonly found: ReturnType<typeof useVerdict> }) {
  const { live } = usePage();
  const { verdict, busy, step, error, ask, stop } = found;
  if (verdict)
    return (
      <div class="verdict">
        {verdict.words.map((words) => (
          <p key={words} class="say">
            {words}
          </p>
        ))}
      </div>
    );
  return (
    <div class="ways">
      {busy ? (
        <button type="button" onClick={stop}>
          Stop the verdict
        </button>
      ) : (
        <button type="button" disabled={!live} onClick={ask}>
          Give each head a verdict
        </button>
      )}
      <p class="hint">
        {busy
          ? (step?.words ?? "Beginning")
          : "By attention, copying and cause together. Takes a quarter of a minute for small models, long for large ones."}{" "}
        {busy && <progress max={1} value={step?.share ?? 0} aria-label="How far the verdict is" />}
      </p>
      {error && <p role="alert">{error}</p>}
    </div>
  );
}

/** The verdict on one head: label, why, flags, and the evidence side by side. */
export function VerdictCard({ head }: { readonly head: HeadVerdict }) {
  const { label, why, flags, evidence } = head;
  return (
    <div class="verdict">
      <p class="say" data-verdict={label}>
        {VERDICT_GLYPHS[label]} {label}: {why}.
      </p>
      {flags.length > 0 && (
        <ul class="flags">
          {flags.map((flag) => (
            <li key={flag}>{FLAG_WORDS[flag]}</li>
          ))}
        </ul>
      )}
      <EvidenceTable evidence={evidence} />
      {evidence.upstream.length > 0 && <Upstream upstream={evidence.upstream} />}
    </div>
  );
}

type Evidence = HeadVerdict["evidence"];

function EvidenceTable({ evidence }: { readonly evidence: Evidence }) {
  const { attention, copying, sufficiency, necessity } = evidence;
  const rows: (readonly [string, Estimate | null])[] = [
    ["attention: gain over controls", attention.induction],
    ["copying: logits on what it sees", copying?.effect ?? null],
    ["sufficiency: share restored by it alone", sufficiency?.centredLogit ?? null],
    ["necessity: nats lost without it", necessity?.alone.sizedMean.nats ?? null],
    ["necessity, the other candidates gone too", necessity?.givenOthers.sizedMean.nats ?? null],
  ];
  return (
    <div class="scroll wide" role="group" tabIndex={0} aria-label="Evidence">
      <table class="evidence">
        <caption>Evidence, means over sequences with 95 % intervals</caption>
        <thead>
          <tr>
            <th scope="col">evidence</th>
            <th scope="col">value</th>
            <th scope="col">interval</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, estimate]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td data-evidence={name} data-value={estimate?.value}>
                {estimate ? estimate.value.toFixed(3) : "not measured: no candidate"}
              </td>
              <td>
                {estimate?.low !== null && estimate?.high !== null && estimate
                  ? `${estimate.low.toFixed(3)} to ${estimate.high.toFixed(3)}`
                  : "–"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The heads that it reads most of, and through what. */
function Upstream({ upstream }: Pick<Evidence, "upstream">) {
  return (
    <p>
      Reads{" "}
      {upstream
        .slice(0, 3)
        .map(
          ({ layer, head: from, route, effect }) =>
            `${layer}.${from} through its ${ROUTE_WORDS[route]} (${(100 * effect).toFixed(0)} % of its stripe)`,
        )
        .join(", ")}
      .
    </p>
  );
}

interface Estimate {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}
