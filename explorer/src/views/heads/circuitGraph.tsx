import { useEffect, useState } from "preact/hooks";
import { headName, type VerdictResult } from "induction-lens/browser";
import type { StudyPicture } from "induction-lens/report";
import { useHeading, usePage } from "../../page/page.ts";
import { Figure } from "../../parts/figure.tsx";
import { headList } from "../../parts/headWords.ts";
import { headAt } from "./headAt.ts";

interface Props {
  readonly verdict: VerdictResult;
}

/** The circuit of a verdict: a box for each head, a button that chooses it, and lines for the paths between them. */
export function CircuitGraph({ verdict }: Props) {
  const { state, change } = usePage();
  const circuitHeading = useHeading("circuit");
  const picture = useDrawing(verdict);
  if (!picture) return null;
  return (
    <section class="circuit" aria-labelledby={circuitHeading.labelledBy}>
      <h2 id={circuitHeading.id}>How the heads work together</h2>
      <p class="say">{sentenceOf(verdict)}</p>
      <div class="scroll wide" role="group" tabIndex={0} aria-label={picture.label}>
        <Figure
          picture={picture}
          chosen={headName(state)}
          off={new Set(state.edits.map(headName))}
          choose={(name) => change(headAt(name))}
        />
      </div>
      <p class="hint">
        In a box: through what it reads which heads, and the share of its induction attention that
        is lost without each; for values, of what it writes.
        {state.edits.length > 0 &&
          " All of it is of the model as it was trained. Dots and dashes: heads that are changed, and their paths."}
      </p>
    </section>
  );
}

/** The layers between whose heads its paths go. */
export function circuitLayers({ circuit }: VerdictResult): number {
  return new Set(circuit.edges.flatMap(({ from, to }) => [headAt(from).layer, headAt(to).layer]))
    .size;
}

/** The drawing of the report, whose code is fetched when a circuit is first shown; null where nothing acts, and until then. */
function useDrawing(verdict: VerdictResult): StudyPicture | null {
  const [drawing, show] = useState<StudyPicture | null>(null);
  useEffect(() => {
    let isWanted = true;
    void import("../../export/files.ts")
      .then(({ circuitPicture }) => circuitPicture(verdict))
      .then((picture) => isWanted && show(picture));
    return () => void (isWanted = false);
  }, [verdict]);
  return drawing;
}

/** Which head the others hang on most, and what they lose without it. */
function sentenceOf({ circuit, words }: VerdictResult): string {
  const strong = circuit.edges.filter(({ effect, route }) => effect >= 0.5 && route !== "v");
  const fedBy = (head: string) => strong.filter(({ from }) => from === head);
  const [from] = strong
    .map((edge) => edge.from)
    .toSorted((a, b) => fedBy(b).length - fedBy(a).length);
  if (from === undefined) return words[0] ?? "";
  const edges = fedBy(from);
  const shares = edges.map(({ effect }) => Math.round(100 * Math.min(1, effect)));
  const [low, high] = [Math.min(...shares), Math.max(...shares)];
  const receivers = [...new Set(edges.map(({ to }) => to))];
  const heads = headList(receivers.map(headAt));
  const range = low === high ? `${low}\u00a0%` : `${low} to ${high}\u00a0%`;
  const [lose, their] = receivers.length === 1 ? ["loses", "its"] : ["lose", "their"];
  return `${heads} ${lose} ${range} of ${their} induction attention without ${from}.`;
}
