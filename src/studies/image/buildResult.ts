/** @file From what was measured, row by row and head by head, to the Result of `image`. */
import type { Backend } from "../../base/backend.ts";
import { capitalise } from "../../base/capitalise.ts";
import { headName } from "../../base/headName.ts";
import type { Tensor } from "../../base/tensor.ts";
import { piecesOf } from "../../inputs/sequences.ts";
import { scoreInterval } from "../../measure/interval.ts";
import { mean } from "../../measure/mean.ts";
import { uniformScores } from "../../measure/uniformScores.ts";
import type { Sight } from "../../models/family.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { Tokenizer } from "../../text/tokenizer/tokenizer.ts";
import { beginResult } from "../../results/beginResult.ts";
import { footerOf, headerOf, tooFewWarning } from "../common/about.ts";
import type { Scores } from "../stacks/scoreParts.ts";
import type { CarriedEffects } from "./carriedEffects.ts";
import type { ImagePlan } from "./plan.ts";
import type { ImageResult } from "./result.ts";
import { thumbnail } from "./thumbnail.ts";

export interface MeasuredImages {
  readonly tables: Tensor;
  readonly repeated: Scores;
  readonly control: Scores;
  readonly groups: Tensor;
  readonly shares: Scores;
  readonly effects: CarriedEffects;
  readonly tokenizer: Tokenizer | null;
}

export async function imageResultOf(
  model: LoadedModel,
  backend: Backend,
  plan: ImagePlan,
  { tables, repeated, control, groups, shares, effects, tokenizer }: MeasuredImages,
  timings: Record<string, number>,
): Promise<ImageResult> {
  const { vectors, before, side } = model.sight!;
  const nulls = uniformScores(tables, seenBy(model.sight!, plan)).data;
  const groupNulls = uniformScores(groups).data;
  const means = (all: Scores[number]) => all.map((heads) => heads.map(mean));
  const induction = SCORES.map((about, index) => ({
    ...about,
    uniform: nulls[index]!,
    values: means(repeated[index]!),
    intervals: repeated[index]!.map((heads) => heads.map((rows) => scoreInterval(rows))),
    control: means(control[index]!),
  }));
  const groupShares = GROUPS.map((to, index) => ({
    to,
    uniform: groupNulls[index]!,
    values: means(shares[index]!),
  }));
  const { looks, metric, clean, other, harm, restored, cut } = effects;
  const token = (id: number) => ({ id, piece: piecesOf(tokenizer, [id])[0]! });
  const answer: ImageResult["answer"] = {
    tokens: [...plan.row],
    answer: token(effects.answer),
    foil: effects.foil === null ? null : token(effects.foil),
    ...{ metric, clean, other },
    ...{ harm: copyRows(harm), restored: copyRows(restored), cut: copyRows(cut) },
  };
  const top = rankedHeads(answer, groupShares[0]!.values)
    .slice(0, plan.topHeads)
    .map((head) => ({ ...head, patches: [...looks[head.layer]![head.head]!] }));
  return {
    ...beginResult("induction-lens/image@1"),
    ...headerOf(model, plan.info, [...plan.warnings, ...tooFewWarning(plan.info.examples)]),
    image: {
      ...{ vectors, before, side, first: plan.first },
      ...{ source: plan.sources[0], otherSource: plan.sources[1] },
      thumbnail: await thumbnail(plan.images[0]),
    },
    induction,
    shares: groupShares,
    answer,
    top,
    verdictInWords: [wordsOf(answer, top[0]!), ...induction.map(inductionWords)].join(" "),
    ...footerOf(backend, timings),
  };
}

/** What a query of the induction rows sees: all up to itself, and where images are seen both ways all of its own image. */
function seenBy({ before, vectors, bothWays = false }: Sight, { repeats }: ImagePlan) {
  const first = repeats.patches.start - before;
  const isImage = (place: number) => place >= first && place < first + vectors;
  return (query: number, key: number) =>
    key <= query || (bothWays && isImage(query) && isImage(key));
}

const SCORES = [
  {
    name: "text",
    title: "induction of text after an image",
    key: "the token after the previous copy of the current token, both after the image",
  },
  {
    name: "patches",
    title: "induction of repeated patches",
    key: "the patch after the previous copy of the current patch",
  },
] as const;

const GROUPS = ["image", "text", "bos"] as const;

function copyRows(values: readonly (readonly number[])[]): number[][] {
  return values.map((heads) => [...heads]);
}

/** Heads by the larger of cut and restored; of equal ones the earlier first. */
function rankedHeads(
  { cut, harm, restored }: ImageResult["answer"],
  image: readonly (readonly number[])[],
) {
  return cut
    .flatMap((heads, layer) =>
      heads.map((value, head) => ({
        ...{ layer, head, cut: value },
        ...{ harm: harm[layer]![head]!, restored: restored[layer]![head]! },
        image: image[layer]![head]!,
      })),
    )
    .sort(
      (a, b) =>
        Math.max(b.cut, b.restored) - Math.max(a.cut, a.restored) ||
        a.layer - b.layer ||
        a.head - b.head,
    );
}

/** Logits or nats: the metric must be so much higher beside the image for the answer to come from it. */
const LEAST_EFFECT = 0.05;
/** Share of attention: so much above control and uniform attention a head's score must lie, with its interval if it has one. */
const LEAST_GAIN = 0.05;

function wordsOf(
  { metric, clean, other, answer, foil }: ImageResult["answer"],
  best: ImageResult["top"][number],
): string {
  const unit = metric === "logit-difference" ? "logits" : "nats";
  const against = foil === null ? "" : ` against ${JSON.stringify(foil.piece)}`;
  const sizes = `${clean.toFixed(3)} ${unit} beside the image, ${other.toFixed(3)} beside the other`;
  const answerWords = `The answer ${JSON.stringify(answer.piece)}${against} has ${sizes}`;
  const total = clean - other;
  if (total < LEAST_EFFECT)
    return `${answerWords}: it does not come from the image, so no head carries the image to it.`;
  const numbers = `without its view of the image ${best.cut.toFixed(3)} ${unit} are lost, its output alone restores ${best.restored.toFixed(3)} of ${total.toFixed(3)}`;
  return `${answerWords}. Head ${headName(best)} carries it the most: ${numbers}.`;
}

function inductionWords({
  title,
  values,
  control,
  intervals,
  uniform,
}: ImageResult["induction"][number]): string {
  const all = values.flatMap((heads, layer) =>
    heads.map((score, head) => ({ layer, head, score })),
  );
  const best = all.reduce((most, head) => (head.score > most.score ? head : most));
  const beside = control[best.layer]![best.head]!;
  const low = intervals[best.layer]![best.head]?.[0] ?? best.score;
  const attends = low - Math.max(beside, uniform) >= LEAST_GAIN;
  const numbers = `${headName(best)} with ${best.score.toFixed(3)} of 1 (control ${beside.toFixed(3)}, uniform attention ${uniform.toFixed(3)})`;
  const whole = capitalise(title);
  return attends ? `${whole}: head ${numbers}.` : `${whole}: no head, the best is ${numbers}.`;
}
