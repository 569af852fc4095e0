/** @file An encoder of images, as one Program. */
import { builder } from "../../graph/builder.ts";
import type { Program } from "../../graph/program.ts";
import { stack } from "../decoder/stack.ts";
import type { StackSpec } from "../decoder/spec.ts";
import type { BoundWeights } from "../weightMap.ts";
import { imagePositions, patchStream, type ImageSpec } from "./patches.ts";

export interface VisionSpec extends StackSpec {
  readonly image: ImageSpec;
}

const NO_CLASSES =
  "this model has no logits: its files have no head that tells classes; its patterns and streams need none";

/**
 * Reads `pixels`. Its output is `logits` [batch, class], from the class's vector at the end, where the files have a classifier;
 * else the end of the stream.
 */
export function imageProgram(spec: VisionSpec, weights: BoundWeights): Program {
  const b = builder();
  const w = weights(b);
  const { image } = spec;
  const place = { prefix: "", position: imagePositions(image), ids: "" };
  const begin = { stream: patchStream(b, w, image, ""), queryKeyPositions: null };
  const end = stack(b, w, spec, begin, place);
  const classes = w("classifier.W");
  if (!classes) return { ...b.program([end]), absent: { logits: NO_CLASSES } };
  const first = b.op("slice", [end], { axis: "position", start: 0, end: 1 });
  const vector = b.op("sum", [first], { axes: ["position"] });
  b.contract(vector, classes, ["batch", "class"], { bias: w("classifier.b"), as: "logits" });
  return b.program(["logits"]);
}
