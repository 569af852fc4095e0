import { headName, type VerdictResult } from "induction-lens/browser";
import { FLAG_WORDS, plural, ROUTE_WORDS } from "induction-lens/report";
import { usePage } from "../../page/page.ts";
import { verdictStepWords } from "../../page/verdict.ts";
import { decimals } from "../../parts/decimals.ts";
import type { HeadVerdict } from "../../parts/headSigns.ts";
import { VERDICT_GLYPHS } from "../../parts/headWords.ts";

/** Asks for the verdict, says how far it is, and what was found. */
export function VerdictBar() {
  const { live, facts, verdict: run } = usePage();
  const { verdict, soFar, busy, step, error, ask, stop } = run;
  if (verdict) {
    const [first, ...more] = verdict.words;
    return (
      <div class="verdict">
        <p class="say">{first}</p>
        {more.length > 0 && (
          <details>
            <summary>More of the verdict</summary>
            {more.map((words) => (
              <p key={words}>{words}</p>
            ))}
          </details>
        )}
      </div>
    );
  }
  return (
    <div class="ways">
      {busy ? (
        <button type="button" onClick={stop}>
          Stop
        </button>
      ) : (
        <button type="button" disabled={!live} onClick={ask}>
          Test every head
        </button>
      )}
      <p class="hint">
        {busy
          ? verdictStepWords(step)
          : `Does it attend, copy and matter? ${timeWords(facts?.parameters ?? 0)}`}{" "}
        {busy && <progress max={1} value={step?.share ?? 0} aria-label="How far the verdict is" />}
      </p>
      {soFar && (
        <p class="hint" role="status">
          {soFarWords(soFar)}
        </p>
      )}
      {error && <p role="alert">{error}</p>}
    </div>
  );
}

/** Which heads have their label, and which wait for it. */
function soFarWords({ heads, screened }: VerdictResult): string {
  const { length } = screened.leftOut;
  const verb = length === 1 ? "attends" : "attend";
  return `${heads.length - length} of ${plural(heads.length, "head")} have their label. ${length} ${verb} like induction, which is tested now.`;
}

/** Measured on two cores: 1.4 s for 105 thousand parameters, 795 s for 135 million. */
const SECONDS_PER_PARAMETER = 6e-6;

function timeWords(parameters: number): string {
  const seconds = 1 + SECONDS_PER_PARAMETER * parameters;
  if (seconds < 90) return `About ${Math.ceil(seconds)} s here.`;
  return `About ${Math.round(seconds / 60)} min here; the other views work meanwhile.`;
}

interface CardProps {
  readonly head: HeadVerdict;
  /** Null while the verdict is made. */
  readonly circuit: VerdictResult["circuit"] | null;
}

/** The heads that read from this one, and what they lose without it; null where there are none. */
function feedsWords({ edges }: VerdictResult["circuit"], name: string): string | null {
  const out = edges.filter(({ from }) => from === name).toSorted((a, b) => b.effect - a.effect);
  if (out.length === 0) return null;
  const routes = [...new Set(out.map(({ route }) => route))];
  const each = routes.map((route) => {
    const heads = out
      .filter((edge) => edge.route === route)
      .map(({ to, effect }) => `${to} (${Math.round(100 * effect)}\u00a0%)`);
    return `the ${ROUTE_WORDS[route]} of ${heads.join(", ")}`;
  });
  return `Feeds ${each.join("; ")}: in brackets what they lose without it.`;
}

/** The verdict on one head: label, why, flags, and the evidence side by side. */
export function VerdictCard({ head, circuit }: CardProps) {
  const { label, why, flags, evidence } = head;
  const feeds = circuit && feedsWords(circuit, headName(head));
  const isRun = evidence.copying !== null || evidence.necessity !== null;
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
      {feeds && <p data-feeds={headName(head)}>{feeds}</p>}
      {isRun && <EvidenceTable evidence={evidence} />}
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
        <caption>
          Evidence, means over sequences with 95&nbsp;% intervals. For nats lost, the head's output
          is replaced by its mean of the same length; switching it off makes it zero, which costs
          another amount.
        </caption>
        <thead>
          <tr>
            <th scope="col">evidence</th>
            <th scope="col">value</th>
            <th scope="col">interval</th>
          </tr>
        </thead>
        <tbody>
          {rows
            .flatMap(([name, estimate]) => (estimate ? [{ name, estimate }] : []))
            .map(({ name, estimate }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td data-evidence={name} data-value={estimate.value}>
                  {decimals(estimate.value, 3)}
                </td>
                <td>
                  {estimate.low !== null && estimate.high !== null
                    ? `${decimals(estimate.low, 3)} to ${decimals(estimate.high, 3)}`
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
            `${layer}.${from} through its ${ROUTE_WORDS[route]} (${(100 * effect).toFixed(0)}\u00a0%)`,
        )
        .join(", ")}
      : in brackets what it loses without it, of its induction attention or, through values, of what
      it writes.
    </p>
  );
}

interface Estimate {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}
