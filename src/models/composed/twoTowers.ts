/** @file A tower that reads and one that sees, whose ends are compared, as one Program (CLIP). */
import { builder, type Builder, type Name } from "../../graph/builder.ts";
import type { Program } from "../../graph/program.ts";
import { embed } from "../decoder/embedding.ts";
import { norm } from "../decoder/norms.ts";
import type { Place } from "../decoder/place.ts";
import { stack } from "../decoder/stack.ts";
import type { DecoderSpec, NormSpec } from "../decoder/spec.ts";
import { needed, type WeightLookup } from "../decoder/weights.ts";
import type { BoundWeights } from "../weightMap.ts";
import type { VisionSpec } from "./imageModel.ts";
import { imagePositions, seen } from "./patches.ts";

export interface TwoTowersSpec {
  readonly text: DecoderSpec;
  readonly vision: VisionSpec;
  /** The norm of the class's vector before it is projected. */
  readonly pooledNorm: NormSpec;
  /** Which position stands for a text: that of its largest id (old CLIP), or the first that has this id. */
  readonly end: "largest" | number;
}

const TEXT: Place = { prefix: "text.", position: "position", ids: "tokens" };

/**
 * Reads `tokens` and `pixels`, which may be of other numbers of rows. Its output is `logits_per_image` [image, text]:
 * exp(logit_scale) times the cosine of `image_embeds` and `text_embeds`.
 */
export function twoTowersProgram(spec: TwoTowersSpec, weights: BoundWeights): Program {
  const b = builder();
  const w = weights(b);
  const text = b.rename(textVector(b, w, spec), { batch: "text" });
  const image = b.rename(imageVector(b, w, spec), { batch: "image" });
  const cosines = b.contract(image, text, ["image", "text"]);
  const scale = b.op("exp", [needed(w, "logit_scale")], {});
  b.mul(cosines, scale, "logits_per_image");
  return b.program(["logits_per_image"], { position: spec.text.contextLength });
}

function textVector(b: Builder, w: WeightLookup, { text, end }: TwoTowersSpec): Name {
  const last = stack(b, w, text, embed(b, w, text, TEXT), TEXT); // [batch, position, d_model]
  const fill = { kind: "markOf", of: "tokens", at: end } as const;
  const axes = { batch: "batch", position: "position" };
  const mark = b.input("end_of_text", "float32", axes, { fill });
  const pooled = b.contract(last, mark, ["batch", "d_model"]);
  return unit(b, pooled, needed(w, "text.W_project"), "text_embeds");
}

function imageVector(b: Builder, w: WeightLookup, { vision, pooledNorm }: TwoTowersSpec): Name {
  const prefix = "vision.";
  const place = { prefix, position: imagePositions(vision.image), ids: "", batch: "images" };
  const stream = seen(b, w, vision.image, prefix, "images");
  const end = stack(b, w, vision, { stream, queryKeyPositions: null }, place);
  const first = b.op("slice", [end], { axis: "position", start: 0, end: 1 });
  const pooled = norm(b, w, `${prefix}ln_pooled`, first, pooledNorm);
  const vector = b.op("sum", [pooled], { axes: ["position"] });
  return unit(b, vector, needed(w, `${prefix}W_project`), "image_embeds");
}

/** x W, divided by its length: [batch, d_project]. */
function unit(b: Builder, x: Name, W: Name, as: Name): Name {
  const made = b.contract(x, W, ["batch", "d_project"]);
  const squares = b.op("sum", [b.mul(made, made)], { axes: ["d_project"] });
  const length = b.op("stretch", [b.op("sqrt", [squares], {}), made], {});
  return b.op("div", [made, length], {}, as);
}
