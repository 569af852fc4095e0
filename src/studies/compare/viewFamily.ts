/** @file Models of several sizes in one plot, and where in each the heads that attend like induction are. */
import { headDepth } from "../../measure/headDepth.ts";
import { MOST_SERIES } from "../../draw/key.ts";
import type { LineFigure, LinePanel, LinePoint } from "../../draw/lines.ts";
import { pictureNames, pictureWords } from "../../draw/studyView.ts";
import { shortenText } from "../../draw/visible.ts";
import type { CompareResult, ComparedModel } from "./result.ts";

const LONGEST_ID = 60;

/** What the plot of a family shows of a model. */
export interface FamilyMember extends Pick<ComparedModel, "id" | "parameters"> {
  readonly inductionHeads: Pick<ComparedModel["inductionHeads"], "by" | "count">;
  readonly best: Pick<ComparedModel["best"], "score" | "low" | "high" | "depth">;
  readonly loss: Pick<NonNullable<ComparedModel["loss"]>, "copyGain"> | null;
}

/**
 * Best score, copy gain, number of induction heads and depth against parameters, on a log scale.
 *
 * @param options `score`: what the score is called, if it is not the induction score
 */
export function familyFigure(
  {
    models,
    words,
  }: { readonly models: readonly FamilyMember[]; readonly words: readonly string[] },
  { title = `A family of ${models.length} models`, score = "score" } = {},
): LineFigure {
  const rising = models.toSorted((a, b) => a.parameters - b.parameters);
  const names = pictureNames(rising.map(({ id }) => id));
  const x = { label: "parameters", log: true };
  const panel = (
    name: string,
    y: LinePanel["y"],
    of: (model: FamilyMember) => Omit<LinePoint, "x"> | null,
  ): LinePanel[] => {
    const points = rising.flatMap((model) => {
      const point = of(model);
      return point === null ? [] : [{ x: model.parameters, ...point }];
    });
    return points.length === 0 ? [] : [{ lines: [{ name, points }], x, y }];
  };
  return {
    title,
    subtitle: rising.map(
      ({ parameters }, index) =>
        `${parameters.toLocaleString("en-GB")}: ${shortenText(names[index]!, LONGEST_ID)}`,
    ),
    panels: [
      ...panel("best head", { label: `induction ${score}`, domain: [0, 1] }, ({ best }) => ({
        y: best.score,
        low: best.low,
        high: best.high,
      })),
      ...panel("copy gain", { label: "copy gain, nats" }, ({ loss }) =>
        loss === null
          ? null
          : { y: loss.copyGain.value, low: loss.copyGain.low, high: loss.copyGain.high },
      ),
      ...panel(
        models.every(({ inductionHeads }) => inductionHeads.by === "label")
          ? "heads labelled induction"
          : "heads that attend like induction",
        { label: "number of heads", whole: true },
        ({ inductionHeads }) => ({ y: inductionHeads.count }),
      ),
      ...panel(
        "depth of the best head",
        { label: "layer / layers", domain: [0, 1] },
        ({ best }) => ({
          y: best.depth,
        }),
      ),
    ],
    notes: ["Bands are 95 % intervals over rows; a count and a depth have none."],
    description: pictureWords(
      words,
      models.map(({ id }) => id),
    ),
  };
}

/** The best induction score of each layer over the depth of the layer, a line for each model. */
export function depthFigure({
  models,
  words,
}: Pick<CompareResult, "models" | "words">): LineFigure {
  const firstModels = models.slice(0, MOST_SERIES);
  const names = pictureNames(firstModels.map(({ id }) => id));
  return {
    title: "Where heads attend like induction",
    subtitle: ["The best induction score in each layer, over the share of layers before it"],
    panels: [
      {
        lines: firstModels.map(({ id, layers, scores }, index) => ({
          name: `${models.findIndex((model) => model.id === id) === index ? "" : `${index + 1}: `}${shortenText(names[index]!, LONGEST_ID)}`,
          points: scores.induction.map((row, layer) => ({
            x: headDepth(layer, layers),
            y: Math.max(...row),
          })),
        })),
        x: { label: "depth, layer / layers", domain: [0, 1] },
        y: { label: "induction score", domain: [0, 1] },
      },
    ],
    notes:
      firstModels.length < models.length
        ? [`The first ${firstModels.length} of ${models.length} models.`]
        : [],
    description: pictureWords(
      words,
      models.map(({ id }) => id),
    ),
  };
}
