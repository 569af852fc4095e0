/** @file A user's images as rows: each is the other one of the image before it. */
import { InputError } from "../../base/errors.ts";
import { sizeOf, tensor, type Tensor } from "../../base/tensor.ts";
import { pixelsOfImages, type MediaFile } from "../../inputs/media/mediaInputs.ts";
import type { Numbers } from "../../inputs/modelInputs.ts";
import type { StackRows } from "../../inputs/stackRows.ts";
import { takeRows } from "../../interventions/rows.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";

const AXES = ["batch", "channel", "row", "column"];

/** @throws {InputError} "options" for a model that sees none or fewer than two images, "feed" for pixels of another size; "file" */
export async function ownImages(
  model: LoadedModel,
  images: readonly MediaFile[] | Numbers,
): Promise<Tensor> {
  const { image } = model.architecture;
  const refuse = (problem: string) => new InputError("options", problem, { option: "images" });
  if (!image) throw refuse("`images` is for models that see, and this one reads none");
  const { shape, data } = "data" in images ? images : await pixelsOfImages(model, images);
  if (shape[0]! < 2)
    throw refuse(`\`images\` needs two or more, each the other one of another, got ${shape[0]}`);
  const { channels, size } = image;
  const expected = [shape[0]!, channels, size, size];
  if (shape.join() === expected.join() && sizeOf(shape) === data.length)
    return tensor(AXES, shape, data);
  throw new InputError(
    "feed",
    `images of this model have ${expected.slice(1).join(" x ")} numbers each, got ${shape.slice(1).join(" x ")}`,
    { option: "images" },
  );
}

/** The rows with these images in place of drawn ones. */
export function withImages(rows: StackRows, pixels: Tensor): StackRows {
  const info = { ...rows.info, kind: "images", seed: null, period: null };
  return {
    ...rows,
    self: new Map([...rows.self, ["pixels", pixels] as const]),
    info: { ...info, examples: pixels.shape[0]! },
  };
}

/** Each image's next one; the first after the last. */
export function nextOnes(pixels: Tensor): Tensor {
  const count = pixels.shape[0]!;
  return takeRows(
    pixels,
    Array.from({ length: count }, (_, row) => (row + 1) % count),
  );
}
