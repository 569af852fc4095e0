import { plural } from "../../base/plural.ts";
import { headName } from "../../base/headName.ts";
import { INDUCTION_ATTENTION } from "../../measure/attendsLikeInduction.ts";
import { someOf } from "../../base/someOf.ts";
import type { AnalyseResult } from "./result.ts";

type FoundFacts = Pick<AnalyseResult, "inductionTest" | "importantLayers" | "depth" | "studies">;

/** Small shares keep two digits: one token of a large vocabulary is not 0. */
const percent = (value: number) => {
  const digits = value < 0.1 ? (100 * value).toFixed(1) : (100 * value).toFixed(0);
  return `${value > 0 && value < 0.001 ? (100 * value).toPrecision(2) : digits} %`;
};

/** What was found, a sentence for each question that the notebook asks. */
export function findings(parts: FoundFacts): string[] {
  return [
    ...parts.inductionTest.map(testWords),
    parts.studies.score.verdictInWords,
    causeWords(parts),
    depthWords(parts.depth, parts.studies.score.scores.induction.length),
    lensWords(parts.studies.lens),
  ];
}

function testWords(test: AnalyseResult["inductionTest"][number]): string {
  const { kind, predicted, inTopFive, examples } = test;
  const what = kind === "block" ? "a block that is repeated" : "one token that comes again";
  const ends = predicted.interval;
  const interval = ends ? ` [${percent(ends[0])}, ${percent(ends[1])}]` : "";
  return `After ${what}, the token that followed it before is the most likely in ${percent(predicted.value)}${interval} of ${plural(examples, "row")} and among the five most likely in ${percent(inTopFive.value)} (guessing: ${percent(predicted.chance)}).`;
}

function causeWords({ importantLayers, studies }: FoundFacts): string {
  const head = strongest(studies);
  if (!head) return "Nothing was patched: there is no difference to restore.";
  const [layer] = importantLayers;
  const first =
    layer?.name === "mlp 0"
      ? " (it carries the tokens themselves in most models: that says nothing of induction)"
      : "";
  const byLayer =
    layer && layer.effect > 0
      ? `Of the layers' parts, ${layer.name} alone restores most: ${percent(layer.effect)}${first}`
      : "No layer's part alone restores the prediction";
  const byHead =
    head.effect > 0
      ? `; of the heads${head.among}, ${head.name}: ${percent(head.effect)}`
      : `; no head${head.among} alone does`;
  return `${byLayer}${byHead} of the difference between rows that repeat and rows that do not.`;
}

/** The head whose clean output restores most, of those that were run exactly; null if none was. */
function strongest({ patchHeads, screenHeads }: FoundFacts["studies"]) {
  const screen = screenHeads?.screen;
  if (screen) {
    const among = ` that were run exactly (${counts(screen.confirmed)})`;
    return most(screen.confirmed, among);
  }
  if (!patchHeads) return null;
  const all = (patchHeads.effects as number[][]).flatMap((row, layer) =>
    row.map((effect, head) => ({ layer, head, effect })),
  );
  return most(all, "");
}

/** "the 20 best by estimate and 10 random others". */
function counts(confirmed: readonly { readonly why: "estimate" | "control" }[]): string {
  const best = confirmed.filter(({ why }) => why === "estimate").length;
  const others = confirmed.length - best;
  return `the ${best} best by estimate${others > 0 ? ` and ${others} random others` : ""}`;
}

function most(
  heads: readonly { readonly layer: number; readonly head: number; readonly effect: number }[],
  among: string,
) {
  const { layer, head, effect } = heads.reduce((best, other) =>
    other.effect > best.effect ? other : best,
  );
  return { name: headName({ layer, head }), effect, among };
}

function depthWords({ heads, withinClaim }: AnalyseResult["depth"], layers: number): string {
  if (withinClaim === null)
    return `No head has an induction score of ${INDUCTION_ATTENTION.substantial} or more, from which on heads are counted by depth.`;
  const claim = `${Math.ceil(layers / 2)} to ${Math.floor((3 * layers) / 4)}`;
  const count =
    heads.length === 1
      ? "1 head attends like an induction head"
      : `${heads.length} heads attend like induction heads`;
  return `${count} (${someOf(heads, ", ", 8)}); ${withinClaim} of them in layers ${claim}, where they are said to be (L/2 to 3L/4).`;
}

function lensWords({ convergence, layers, stability }: FoundFacts["studies"]["lens"]): string {
  return `At the last position the final prediction is on top from stream ${convergence.settled.toFixed(1)} of ${layers.length - 1} on; stability ${stability.toFixed(2)}.`;
}
