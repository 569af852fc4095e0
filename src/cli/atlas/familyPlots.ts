/** @file The plots of an atlas: models of a family over their sizes. */
import { group } from "d3-array";
import { linePicture } from "../../draw/pictures.ts";
import type { StudyPicture } from "../../draw/studyView.ts";
import { familyFigure, type FamilyMember } from "../../studies/compare/viewFamily.ts";
import { headDepth } from "../../measure/headDepth.ts";
import type { CardResult } from "../../studies/card/result.ts";

/** One picture for each family with models of two sizes or more. */
export function familyPlots(cards: readonly CardResult[]): StudyPicture[] {
  const families = group(cards, ({ model }) => model.family);
  return [...families].flatMap(([family, members]) => plotOf(`Family ${family}`, members));
}

function plotOf(title: string, cards: readonly CardResult[]): StudyPicture[] {
  const sizes = new Set(cards.map(({ parameters }) => parameters));
  if (sizes.size < 2) return [];
  const figure = familyFigure({ models: cards.map(memberOf), words: [] }, { title, score: "gain" });
  return [linePicture(figure)];
}

/** The best head is that with the largest gain over controls, which is what a verdict goes by. */
function memberOf({ model, parameters, losses, verdict }: CardResult): FamilyMember {
  const gain = (head: (typeof verdict.heads)[number]) => head.evidence.attention.induction;
  const [first, ...others] = verdict.heads;
  const best = others.reduce(
    (top, head) => (gain(head).value > gain(top).value ? head : top),
    first!,
  );
  const { value, low, high } = gain(best);
  const { copyGain } = losses;
  const [copyLow = null, copyHigh = null] = copyGain.interval ?? [];
  return {
    id: model.id,
    parameters,
    best: { score: value, low, high, depth: headDepth(best.layer, model.layers) },
    loss: { copyGain: { value: copyGain.value, low: copyLow, high: copyHigh } },
    inductionHeads: { by: "label", count: verdict.counts.induction ?? 0 },
  };
}
