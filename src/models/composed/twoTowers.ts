/** @file A tower that reads and one that sees, whose ends are compared, as one Program (CLIP, SigLIP). */
import { builder, type Builder, type Name } from "../../graph/builder.ts";
import type { Program } from "../../graph/program.ts";
import { embed } from "../decoder/embedding.ts";
import { norm } from "../decoder/norms.ts";
import type { Place } from "../decoder/place.ts";
import { mlp } from "../decoder/mlp.ts";
import { stack } from "../decoder/stack.ts";
import type { DecoderSpec, MlpSpec, NormSpec } from "../decoder/spec.ts";
import { requireWeight, type WeightLookup } from "../decoder/weights.ts";
import type { BoundWeights } from "../weightMap.ts";
import type { VisionSpec } from "./imageModel.ts";
import { imagePositions, patchStream } from "./patches.ts";

export interface TwoTowersSpec {
  readonly text: DecoderSpec;
  readonly vision: VisionSpec;
  /** What stands for an image: the class's vector after this norm, or what a vector of its own asks of all. */
  readonly pooled: { readonly norm: NormSpec } | ProbeSpec;
  /** Which position stands for a text: that of its largest id (old CLIP), the first that has this id, or the last. */
  readonly end: "largest" | "last" | number;
}

/** A query that is learned attends to what a tower ends with; then x + MLP(norm(x)). */
export interface ProbeSpec {
  readonly dHead: number;
  readonly norm: NormSpec;
  readonly mlp: MlpSpec;
}

const TEXT: Place = { prefix: "text.", position: "position", ids: "tokens" };

/**
 * Reads `tokens` and `pixels`, which may be of other numbers of rows. Its output is `logits_per_image` [image, text]:
 * exp(logit_scale) times the cosine of `image_embeds` and `text_embeds`, plus logit_bias where there is one.
 */
export function twoTowersProgram(spec: TwoTowersSpec, weights: BoundWeights): Program {
  const b = builder();
  const w = weights(b);
  const text = b.rename(textVector(b, w, spec), { batch: "text" });
  const image = b.rename(imageVector(b, w, spec), { batch: "image" });
  const cosines = b.contract(image, text, ["image", "text"]);
  const scale = b.op("exp", [requireWeight(w, "logit_scale")], {});
  const bias = w("logit_bias");
  const scaled = b.mul(cosines, scale, bias ? undefined : "logits_per_image");
  if (bias) b.add(scaled, bias, "logits_per_image");
  return b.program(["logits_per_image"], { position: spec.text.contextLength });
}

function textVector(b: Builder, w: WeightLookup, { text, end }: TwoTowersSpec): Name {
  const last = stack(b, w, text, embed(b, w, text, TEXT), TEXT); // [batch, position, d_model]
  const fill = { kind: "markOf", of: "tokens", at: end } as const;
  const axes = { batch: "batch", position: "position" };
  const mark = b.input("end_of_text", "float32", axes, { fill });
  const pooled = b.contract(last, mark, ["batch", "d_model"]);
  return unit(b, projectVector(b, w, "text.", pooled), "text_embeds");
}

function imageVector(b: Builder, w: WeightLookup, { vision, pooled }: TwoTowersSpec): Name {
  const prefix = "vision.";
  const place = { prefix, position: imagePositions(vision.image), ids: "", batch: "images" };
  const stream = patchStream(b, w, vision.image, prefix, "images");
  const end = stack(b, w, vision, { stream, queryKeyPositions: null }, place);
  if ("mlp" in pooled) {
    const answer = probeStream(b, w, `${prefix}probe`, end, pooled);
    return unit(b, b.op("sum", [answer], { axes: ["position"] }), "image_embeds");
  }
  const first = b.op("slice", [end], { axis: "position", start: 0, end: 1 });
  const normed = norm(b, w, `${prefix}ln_pooled`, first, pooled.norm);
  const vector = b.op("sum", [normed], { axes: ["position"] });
  return unit(b, projectVector(b, w, prefix, vector), "image_embeds");
}

/** What the learned query `at` gets from a tower's end: [batch, position of size 1, d_model]. */
function probeStream(
  b: Builder,
  w: WeightLookup,
  at: string,
  end: Name,
  { dHead, norm: spec, mlp: mlpSpec }: ProbeSpec,
): Name {
  const like = b.op("slice", [end], { axis: "position", start: 0, end: 1 });
  const query = b.op("stretch", [requireWeight(w, `${at}.query`), like], {});
  const ask = (x: Name, which: "Q" | "K" | "V") =>
    b.contract(x, requireWeight(w, `${at}.W_${which}`), ["batch", "position", "head", "d_head"], {
      bias: requireWeight(w, `${at}.b_${which}`),
    });
  const queries = b.rename(ask(query, "Q"), { position: "query" });
  const [keys, values] = [ask(end, "K"), ask(end, "V")].map((x) =>
    b.rename(x, { position: "key" }),
  ) as [Name, Name];
  const scores = b.contract(queries, keys, ["batch", "head", "query", "key"], {
    scale: 1 / Math.sqrt(dHead),
  });
  const pattern = b.op("softmax", [scores], { axis: "key" }, `${at}.hook_pattern`);
  const mixed = b.contract(pattern, values, ["batch", "query", "head", "d_head"]);
  const z = b.rename(mixed, { query: "position" });
  const out = b.contract(z, requireWeight(w, `${at}.W_O`), ["batch", "position", "d_model"], {
    bias: requireWeight(w, `${at}.b_O`),
  });
  return b.add(
    out,
    mlp(b, w, `${at}.mlp`, norm(b, w, `${at}.ln`, out, spec), mlpSpec, `${at}.mlp_out`),
  );
}

/** x W + b, where the tower has such a projection: [batch, d_project]. */
function projectVector(b: Builder, w: WeightLookup, prefix: string, x: Name): Name {
  const W = w(`${prefix}W_project`);
  return W ? b.contract(x, W, ["batch", "d_project"], { bias: w(`${prefix}b_project`) }) : x;
}

/** A vector for each row, divided by its length: [batch, d_project]. */
function unit(b: Builder, x: Name, as: Name): Name {
  const vector = b.rename(x, { [b.typeOf(x).axes.at(-1)!.name]: "d_project" });
  const squares = b.op("sum", [b.mul(vector, vector)], { axes: ["d_project"] });
  const length = b.op("stretch", [b.op("sqrt", [squares], {}), vector], {});
  return b.op("div", [vector, length], {}, as);
}
