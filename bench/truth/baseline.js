/**
 * @file A label for every head from attention and weights alone, what a user without interventions would do: the largest
 * attention score over a threshold, two of them near each other are mixed, and heads on the induction stripe copy or
 * oppose by the sign of their OV circuit's eigenvalues, with the embedding after the first MLP where there is one.
 */
import { circuit } from "../../dist/studies/circuit/circuit.js";
import { score } from "../../dist/studies/score/score.js";

const LABELS = {
  induction: "induction",
  previousToken: "previous-token",
  duplicateToken: "duplicate-token",
  firstToken: "first-token",
  currentToken: "current-token",
};
/** The threshold that tutorials use, and from what share of it on a second behaviour counts. */
const THRESHOLD = 0.4;
const SECOND = 0.6;
/** Eigenvalue share; 1 is pure copying, random heads are near 0. */
const COPIES = 0.2;

/** [layer][head] */
export async function baselineLabels(model, backend, seed) {
  const { scores } = await score(model, { backend, numExamples: 20, lossExamples: 0, seed });
  const { copying } = await circuit(model, { backend });
  const shares = copying.effective ?? copying.full;
  return shares.map((layer, at) =>
    layer.map((share, head) => {
      const ranking = Object.keys(LABELS)
        .map((name) => ({ name, value: scores[name][at][head] }))
        .sort((a, b) => b.value - a.value);
      const [best, second] = ranking;
      const isClear = second.name !== "firstToken" && best.name !== "firstToken";
      if (isClear && best.value > THRESHOLD * SECOND && second.value > SECOND * best.value)
        return "mixed";
      if (best.value < THRESHOLD) return "other";
      if (best.name !== "induction") return LABELS[best.name];
      if (share === null || Math.abs(share) < COPIES) return "attends-without-copying";
      return share > 0 ? "induction" : "anti-induction";
    }),
  );
}
