/** @file What `image` shows: the image with what heads attend to over it, maps of shares, scores and effects, every head. */
import { UNIT_SCALE } from "../../draw/headScale.ts";
import { headName } from "../../base/headName.ts";
import { headMatrix } from "../../draw/headMatrix.ts";
import type { Matrices } from "../../draw/matrices.ts";
import { share } from "../../draw/numbers.ts";
import type { OverImage } from "../../draw/overImage.ts";
import { matricesPicture, overImagePicture } from "../../draw/pictures.ts";
import {
  aboutLines,
  divergingScale,
  headColumn,
  pictureLines,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";
import type { ImageResult } from "./result.ts";

export function imageView(result: ImageResult): StudyView {
  const { image, answer } = result;
  return {
    title: `An image beside text: ${result.model.id}`,
    lines: [
      ...aboutLines(result),
      `an image is ${image.vectors} places in a row; the image is ${image.source}, the other ${image.otherSource}`,
      `the answer is ${answer.answer.piece} (${answer.answer.id})${answer.foil ? ` against ${answer.foil.piece} (${answer.foil.id})` : ""}, read at the end of ${answer.tokens.length} tokens`,
    ],
    sentences: [result.verdictInWords],
    map: null,
    pictures: [
      overImagePicture(overlay(result)),
      matricesPicture(effectsPicture(result)),
      matricesPicture(attentionPicture(result)),
    ],
    tables: [topTable(result), allTable(result)],
    csv: () => allTable(result),
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

function overlay(result: ImageResult): OverImage {
  const { image, top } = result;
  return {
    title: "What the heads with the largest effects look at",
    subtitle: pictureLines(result),
    png: image.thumbnail.png,
    side: image.side,
    layers: top.map(({ layer, head, patches }) => {
      const whole = patches.reduce((sum, weight) => sum + weight, 0);
      return {
        title: `head ${headName({ layer, head })}: ${share(whole)} on the image`,
        values: patches.slice(image.before),
      };
    }),
    scaleLabel: "attention from the end of the row, as a share of each head's largest",
    notes: [
      "Beside a head stands how much of its attention is on the image.",
      "The image is what the model reads, with its colours stretched to the full range.",
    ],
    description: result.verdictInWords,
  };
}

function effectsPicture(result: ImageResult): Matrices {
  const { cut, harm, restored, metric } = result.answer;
  return {
    title: "Which heads carry the image to the answer",
    subtitle: pictureLines(result),
    matrices: [headMatrix("cut", cut), headMatrix("harm", harm), headMatrix("restored", restored)],
    rowName: "layer",
    columnName: "head",
    scale: divergingScale([...cut, ...harm, ...restored]),
    scaleLabel: metric === "logit-difference" ? "logits of answer - foil" : "nats of the answer",
    notes: [
      "Cut: what is lost without the head's attention from the text to the image. Harm: what is lost with its output from the other image. Restored: what its output alone brings back beside the other image.",
    ],
    description: result.verdictInWords,
  };
}

const WORDS = { image: "to the image", text: "to other text", bos: "to BOS" } as const;
const SHORT = { text: "induction of text", patches: "induction of patches" } as const;

function attentionPicture(result: ImageResult): Matrices {
  const { induction, shares } = result;
  return {
    title: "Attention beside an image",
    subtitle: pictureLines(result),
    matrices: [
      ...shares.map(({ to, values }) => headMatrix(`from text ${WORDS[to]}`, values)),
      ...induction.map(({ name, values }) => headMatrix(SHORT[name], values)),
    ],
    rowName: "layer",
    columnName: "head",
    scale: UNIT_SCALE,
    scaleLabel: "share of attention (0 to 1)",
    notes: [
      ...shares.map(
        ({ to, uniform }) => `From text ${WORDS[to]}: uniform attention has ${share(uniform)}.`,
      ),
      ...induction.map(
        ({ name, key, uniform }) =>
          `${SHORT[name]}: ${key}; uniform attention scores ${share(uniform)}.`,
      ),
    ],
    description: result.verdictInWords,
  };
}

function topTable({ top, answer }: ImageResult): StudyTable {
  const unit = answer.metric === "logit-difference" ? "logits" : "nats";
  return {
    caption: `Heads with the largest effects on the answer, ${unit}; the share of their attention that the text gives to the image`,
    columns: [headColumn(), "cut", "harm", "restored", "to image"],
    rows: top.map(({ layer, head, cut, harm, restored, image }) => [
      { layer, head },
      ...[cut, harm, restored, image],
    ]),
  };
}

function allTable({ shares, induction, answer }: ImageResult): StudyTable {
  const { cut, harm, restored } = answer;
  return {
    caption:
      "Every head: shares of attention from the text, induction scores with controls, effects on the answer",
    columns: [
      headColumn(),
      ...shares.map(({ to }) => `to ${to}`),
      ...induction.flatMap(({ name }) => [`${name} induction`, `${name} control`]),
      "cut",
      "harm",
      "restored",
    ],
    rows: cut.flatMap((heads, layer) =>
      heads.map((value, head) => [
        { layer, head },
        ...shares.map(({ values }) => values[layer]![head]!),
        ...induction.flatMap(({ values, control }) => [
          values[layer]![head]!,
          control[layer]![head]!,
        ]),
        ...[value, harm[layer]![head]!, restored[layer]![head]!],
      ]),
    ),
    terminalRows: 0,
  };
}
