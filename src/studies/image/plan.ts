/** @file What `image` is asked for, and the rows and images that follow. */
import { oneNullWarnings } from "../../inputs/windowReach.ts";
import { InputError } from "../../base/errors.ts";
import type { OptionNames } from "../../base/optionNames.ts";
import { random } from "../../base/random.ts";
import { sizeOf, tensor, type Tensor } from "../../base/tensor.ts";
import { imageRows } from "../../inputs/imageRows.ts";
import { pixelsOfImages, type MediaFile } from "../../inputs/media/mediaInputs.ts";
import type { Numbers } from "../../inputs/modelInputs.ts";
import { promptRows } from "../../inputs/promptRows.ts";
import {
  askedPeriod,
  bosFor,
  checkPeriod,
  GENERATED_INPUT,
  type GeneratedInput,
} from "../../inputs/scoreInput.ts";
import type { Repeats } from "../../measure/repeats.ts";
import { drawnTokens } from "../../models/drawnTokens.ts";
import type { Sight } from "../../models/family.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { InputInfo } from "../../results/common.ts";
import { fitPeriod } from "../../text/patterns/fitPeriod.ts";
import { drawTokens } from "../../text/patterns/tokenPattern.ts";
import { verifyTokens } from "../../text/patterns/verifyTokens.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import { checkWholeNumber } from "../../base/checkWholeNumber.ts";

export interface ImageOptions extends GeneratedInput, StudyOptions {
  /** A PNG or JPEG file, or pixels [1, colour, row, column] as the model reads them. Left out: noise. */
  readonly image?: MediaFile | Numbers | undefined;
  /** What the image is exchanged for. Left out: other noise. */
  readonly otherImage?: MediaFile | Numbers | undefined;
  /** A text, or ids. An image token in it says where the image stands; without one it stands at the beginning. Left out: random tokens. */
  readonly text?: string | readonly number[] | undefined;
  /** The answer that is read at the end: an id, or a text of one token. Left out: what the model says beside the image. */
  readonly answer?: number | string | undefined;
  /** What the answer is compared with. Left out: what the model says beside the other image, if that is another. */
  readonly foil?: number | string | undefined;
  /** Heads in the list of those with the largest effects, and images with attention over them; left out: 4. */
  readonly topHeads?: number | undefined;
}

export const IMAGE_OPTIONS: OptionNames<ImageOptions> = {
  ...STUDY_OPTIONS,
  ...GENERATED_INPUT,
  image: true,
  otherImage: true,
  text: true,
  answer: true,
  foil: true,
  topHeads: true,
};

/** Rows of ids beside images, as many of both. */
export interface SeenRows {
  readonly tokens: Tensor<Int32Array>;
  readonly pixels: Tensor;
}

export interface ImagePlan {
  /** Image and text repeat in the one, nothing in the other. */
  readonly repeated: SeenRows;
  readonly control: SeenRows;
  readonly repeats: Readonly<Record<"text" | "patches", Repeats>>;
  /** One row, beside the image and beside the other. */
  readonly row: readonly number[];
  readonly images: readonly [image: Tensor, other: Tensor];
  readonly sources: readonly [string, string];
  /** Place of the first vector of the image in `row`, and of the first token of text after it. */
  readonly first: number;
  readonly text: number;
  readonly hasBos: boolean;
  readonly answer: number | null;
  readonly foil: number | null;
  readonly topHeads: number;
  readonly info: InputInfo;
  readonly warnings: readonly string[];
}

const EXAMPLES = 16;
const PIXELS = ["batch", "channel", "row", "column"];

/** @throws {InputError} for options that do not fit the model; "tokens" for a text without room for an image */
export async function imagePlan(model: LoadedModel, options: ImageOptions): Promise<ImagePlan> {
  const sight = model.sight!;
  const { numExamples = EXAMPLES, seed = 0, topHeads = 4 } = options;
  checkWholeNumber("topHeads", topHeads, 1);
  const rows = generatedRows(model, sight, { ...options, numExamples, seed });
  const row = await ownRow(model, sight, options, rows.row);
  const drawnImages = imageRows({ ...sight.image, ...squares(sight) }, 2, seed + 1).control;
  const noise = paddedImages(drawnImages, sight.image.size);
  const [own, other] = await Promise.all(
    [options.image, options.otherImage].map((file) => file && pixelsFor(model, sight, file)),
  );
  const size = noise.data.length / 2;
  const drawImage = (index: number) =>
    tensor(
      PIXELS,
      [1, ...noise.shape.slice(1)],
      noise.data.slice(index * size, (index + 1) * size),
    );
  const first = row.indexOf(sight.imageToken);
  const [answer, foil] = await Promise.all(
    (["answer", "foil"] as const).map((name) => tokenOf(model, name, options[name])),
  );
  return {
    ...rows,
    row,
    images: [own ?? drawImage(0), other ?? drawImage(1)],
    sources: [sourceOf(options.image), sourceOf(options.otherImage)],
    first,
    text: first + sight.vectors,
    hasBos: rows.info.bosToken !== null && row[0] === rows.info.bosToken,
    answer: answer!,
    foil: foil!,
    topHeads,
  };
}

/** What a vector stands for, as patches of an image of noise. */
function squares({ patch, side, before }: Sight) {
  return { patch, size: patch * side, before };
}

function sourceOf(image: ImageOptions["image"]): string {
  if (image === undefined) return "noise";
  return "bytes" in image ? image.name : "pixels";
}

/** Images of noise and rows `[BOS] image r r`; in the control nothing repeats. */
function generatedRows(
  { architecture }: LoadedModel,
  sight: Sight,
  options: GeneratedInput & { readonly numExamples: number; readonly seed: number },
) {
  const { numExamples: examples, seed } = options;
  const periodOption = askedPeriod(options, examples);
  const { bosToken, policy } = bosFor(architecture, options.bos ?? "auto");
  const before = bosToken === null ? [] : [bosToken];
  const ids = drawnTokens(architecture).ids.filter(
    (id) => ![sight.imageToken, ...sight.around.flat()].includes(id),
  );
  const start = before.length + sight.around.flat().length + sight.vectors;
  const { period, warning } = fitPeriod({
    ...{ period: periodOption, explicit: options.seqLen !== undefined, start, distinctBlocks: 2 },
    ...{ contextLength: architecture.contextLength, ordinary: ids.length },
  });
  checkPeriod(period);
  const drawnImages = imageRows({ ...sight.image, ...squares(sight) }, examples, seed);
  const blocks = Array.from({ length: examples }, (_, row) =>
    drawTokens(random(seed, row), 2 * period, ids),
  );
  const lead = [...before, ...placesOf(sight)];
  const rowsOf = (build: (block: readonly number[]) => readonly number[]) => {
    const rows = blocks.map((block) => [...lead, ...build(block)]);
    return tensor(["batch", "position"], [examples, rows[0]!.length], Int32Array.from(rows.flat()));
  };
  const length = start + 2 * period;
  const image = before.length + sight.around[0].length + sight.before;
  const again = (block: readonly number[]) => block.slice(0, period);
  const whole = (pixels: Tensor) => paddedImages(pixels, sight.image.size);
  return {
    repeated: {
      tokens: rowsOf((block) => [...again(block), ...again(block)]),
      pixels: whole(drawnImages.repeated),
    },
    control: { tokens: rowsOf((block) => block), pixels: whole(drawnImages.control) },
    repeats: {
      text: { start, period, length },
      patches: { start: image, period: drawnImages.repeats.period, length },
    },
    row: [...lead, ...again(blocks[0]!)],
    warnings: [...(warning ? [warning] : []), ...oneNullWarnings(architecture, length)],
    info: {
      ...{ kind: "an image and repeated text", seed, examples, period, length },
      ...{ bos: bosToken !== null, bosToken, bosPolicy: policy, tokensSha256: null },
    },
  };
}

function placesOf({ imageToken, vectors, around: [before, after] }: Sight): number[] {
  return [...before, ...new Array<number>(vectors).fill(imageToken), ...after];
}

/** Images with zeros at the right and at the bottom, which no patch reads. */
function paddedImages({ axes, shape, data }: Tensor, size: number): Tensor {
  const [images, channels, side] = shape as [number, number, number];
  if (side === size) return tensor(axes, shape, data);
  const all = new Float32Array(images * channels * size * size);
  for (let line = 0; line < images * channels * side; line++) {
    const [plane, row] = [Math.floor(line / side), line % side];
    all.set(data.subarray(line * side, (line + 1) * side), (plane * size + row) * size);
  }
  return tensor(axes, [images, channels, size, size], all);
}

/** The user's row with a place for each vector of the image. */
async function ownRow(
  model: LoadedModel,
  sight: Sight,
  { text, bos }: ImageOptions,
  drawIds: readonly number[],
): Promise<readonly number[]> {
  if (text === undefined) return drawIds;
  const [ids] = (await promptRows(model, text, bos)).rows as [readonly number[]];
  const { contextLength, vocabulary, bosToken } = model.architecture;
  verifyTokens([ids], vocabulary);
  const places = ids.filter((id) => id === sight.imageToken).length;
  const row = ids.flatMap((id) => (id === sight.imageToken ? placesOf(sight) : [id]));
  const lead = ids[0] === bosToken ? 1 : 0;
  const whole =
    places === sight.vectors
      ? ids
      : places === 1
        ? row
        : places === 0
          ? [...ids.slice(0, lead), ...placesOf(sight), ...ids.slice(lead)]
          : null;
  if (whole === null)
    throw new InputError(
      "tokens",
      `the text needs the image's token ${sight.imageToken} once or ${sight.vectors} times, or not at all, got it ${places} times`,
      { option: "text" },
    );
  if (whole.length > contextLength)
    throw new InputError(
      "range",
      `the model has ${contextLength} positions, and the text with its image takes ${whole.length}`,
      { option: "text" },
    );
  if (whole.at(-1) === sight.imageToken)
    throw new InputError("tokens", "the text needs tokens after the image, got none", {
      option: "text",
    });
  return whole;
}

async function pixelsFor(
  model: LoadedModel,
  { image: { channels, size } }: Sight,
  image: MediaFile | Numbers,
): Promise<Tensor> {
  const { shape, data } = "bytes" in image ? await pixelsOfImages(model, [image]) : image;
  const expectedShape = [1, channels, size, size];
  if (shape.join() === expectedShape.join() && sizeOf(shape) === data.length)
    return tensor(PIXELS, shape, data);
  throw new InputError(
    "feed",
    `an image of this model has ${expectedShape.join(" x ")} numbers, got ${shape.join(" x ")}`,
    { option: "image" },
  );
}

/** The id of an answer; null where none is asked for. */
async function tokenOf(
  model: LoadedModel,
  option: "answer" | "foil",
  choice: number | string | undefined,
): Promise<number | null> {
  if (choice === undefined) return null;
  const ids =
    typeof choice === "number" ? [choice] : (await promptRows(model, choice, "off")).rows[0]!;
  if (ids.length === 1)
    return verifyTokens([ids], model.architecture.vocabulary, `the ids of ${option}`).data[0]!;
  throw new InputError(
    "tokens",
    `\`${option}\` must be one token, and ${JSON.stringify(choice)} is ${ids.length}; give an id`,
    { option },
  );
}
