/** @file A model of text that is shown images: what a tower sees stands where the tokens of images do (LLaVA, Gemma 3). */
import { builder, type Builder, type Name } from "../../graph/builder.ts";
import type { Program } from "../../graph/program.ts";
import { activation, type ActivationName } from "../config/activation.ts";
import { stack } from "../decoder/stack.ts";
import { norm } from "../decoder/norms.ts";
import type { NormSpec } from "../decoder/spec.ts";
import { requireWeight, type WeightLookup } from "../decoder/weights.ts";
import type { BoundWeights } from "../weightMap.ts";
import type { VisionSpec } from "./imageModel.ts";
import { imagePositions, patchStream } from "./patches.ts";

export interface SeeingSpec {
  readonly vision: VisionSpec;
  /** Streams that are handed on, by the block that they stand before: the last is after all blocks; one beside the other. end: after the last norm. */
  readonly layers: readonly number[] | "end";
  /** Whether the class's vector is handed on too. */
  readonly whole: boolean;
  readonly projector: ProjectorSpec;
  /** Whether vectors of an image attend to each other in both directions. */
  readonly bothWays?: boolean;
  /** The id that stands for one vector of an image. */
  readonly imageToken: number;
}

/** Two layers (LLaVA), or means of squares of patches, normed, times a matrix (Gemma 3). */
export type ProjectorSpec =
  | { readonly kind: "mlp"; readonly act: ActivationName }
  | {
      readonly kind: "pooled";
      /** Vectors of a side, and patches of a side of each. */
      readonly side: number;
      readonly kernel: number;
      readonly norm: NormSpec;
    };

const [PREFIX, EMBED, TOKENS, SHOWN] = ["vision.", "hook_embed", "hook_token_embed", "shown"];

/**
 * The text's program, which reads `pixels` too: `hook_embed` is then the embedding, with `hook_image_embed` [batch, patch, d_model] in
 * place of that of each image token: act(x W_1 + b_1) W_2 + b_2 of the patches, or norm(mean of x over a square of them) W.
 */
export function seeingProgram(text: Program, spec: SeeingSpec, weights: BoundWeights): Program {
  const b = builder({ ...text, outputs: [] }); // beside the text's operations, whose names are taken
  const w = weights(b);
  const { image } = spec.vision;
  const place = { prefix: PREFIX, position: imagePositions(image), ids: "" };
  const stream = patchStream(b, w, image, PREFIX);
  const last = stack(b, w, spec.vision, { stream, queryKeyPositions: null }, place);
  const streams = spec.layers === "end" ? [last] : streamsBefore(spec.layers, spec.vision);
  const all = streams.length === 1 ? streams[0]! : b.op("concat", streams, { axis: "d_model" });
  const start = spec.whole ? 0 : image.before;
  const end = place.position;
  const patches = b.op("slice", [all], { axis: "position", start, end });
  const read = b.rename(patches, { position: "patch", d_model: "d_seen" });
  const shown =
    spec.projector.kind === "mlp"
      ? twoLayers(b, w, read, spec.projector)
      : poolPatches(b, w, read, spec.projector);
  const count = spec.projector.kind === "mlp" ? end - start : spec.projector.side ** 2;
  const fill = { kind: "placeholdersOf", of: "tokens", id: spec.imageToken } as const;
  const sizes = { batch: "batch", position: "position", patch: count };
  const places = b.input("image_places", "float32", sizes, { fill });
  const imageStream = b.contract(shown, places, ["batch", "position", "d_model"]);
  const isImage = b.op("sum", [places], { axes: ["patch"] });
  const isShown = b.op("stretch", [isImage, imageStream], {});
  const choose = b.op("greater", [isShown, b.constant("number 0.5", {}, [0.5])], {});
  b.op("where", [choose, imageStream, EMBED], {}, SHOWN);
  const masks = spec.bothWays ? seenMasks(b, text, isImage) : new Map<Name, Name>();
  return inPlace(text, b.program(text.outputs, text.limits), masks);
}

function streamsBefore(layers: readonly number[], { blocks }: VisionSpec): Name[] {
  return layers.map((layer) =>
    layer < blocks.length
      ? `${PREFIX}blocks.${layer}.hook_resid_pre`
      : `${PREFIX}blocks.${blocks.length - 1}.hook_resid_post`,
  );
}

const [SEEN, VECTORS] = ["hook_image_embed", (last: string) => ["batch", "patch", last]] as const;

function twoLayers(
  b: Builder,
  w: WeightLookup,
  read: Name,
  { act }: Extract<ProjectorSpec, { kind: "mlp" }>,
): Name {
  const hiddenLayer = b.contract(read, requireWeight(w, "projector.W_1"), VECTORS("d_hidden"), {
    bias: w("projector.b_1"),
  });
  const W_2 = requireWeight(w, "projector.W_2");
  return b.contract(activation(b, act, hiddenLayer), W_2, VECTORS("d_model"), {
    bias: w("projector.b_2"),
    as: SEEN,
  });
}

/** norm(mean over a square of patches) W. */
function poolPatches(
  b: Builder,
  w: WeightLookup,
  read: Name,
  { side, kernel, norm: spec }: Extract<ProjectorSpec, { kind: "pooled" }>,
): Name {
  const into = [
    { name: "row", size: side },
    { name: "y", size: kernel },
    { name: "column", size: side },
    { name: "x", size: kernel },
  ];
  const squares = b.op("splitAxis", [read], { axis: "patch", into });
  const means = b.op("mean", [squares], { axes: ["y", "x"] });
  const merged = b.op("mergeAxes", [means], { axes: ["row", "column"], into: "patch" });
  const normed = norm(b, w, "projector.ln", merged, spec);
  return b.contract(normed, requireWeight(w, "projector.W"), VECTORS("d_model"), { as: SEEN });
}

/** Each causal mask of the text, with 0 where query and key are both of the image and the key comes later. */
function seenMasks(b: Builder, { inputs }: Program, isImage: Name): Map<Name, Name> {
  const of = (position: string) => b.rename(isImage, { position });
  const axes = ["batch", "query", "key"];
  const both = b.contract(of("query"), of("key"), axes);
  const sizes = { query: "position", key: "position" };
  const earlier = b.input("image_earlier", "float32", sizes, { fill: { kind: "earlier" } });
  const transposedAxes = b.rename(earlier, { query: "key", key: "query" });
  const later = b.op("transpose", [transposedAxes], { axes: ["query", "key"] });
  const choose = b.op("greater", [b.mul(both, later), b.constant("number 0.5", {}, [0.5])], {});
  const masks = inputs.filter(({ fill }) => fill?.kind === "causalMask");
  return new Map(
    masks.map(({ name }) => {
      const whole = b.op("stretch", [name, both], {});
      const zero = b.constant("number 0", {}, [0]);
      return [name, b.op("where", [choose, zero, whole], {}, `${name}.seen`)];
    }),
  );
}

/**
 * The operations that were added, between the embedding and what reads it.
 *
 * @param masks what is read in place of each mask
 */
function inPlace(text: Program, program: Program, masks: ReadonlyMap<Name, Name>): Program {
  const at = text.ops.findIndex(({ output }) => output === EMBED);
  const before = text.ops.slice(0, at).concat({ ...text.ops[at]!, output: TOKENS });
  const added = program.ops.slice(text.ops.length).map((op) => ({
    ...op,
    inputs: op.inputs.map((name) => (name === EMBED ? TOKENS : name)),
    output: op.output === SHOWN ? EMBED : op.output,
  }));
  const after = text.ops
    .slice(at + 1)
    .map((op) => ({ ...op, inputs: op.inputs.map((name) => masks.get(name) ?? name) }));
  return { ...program, ops: [...before, ...added, ...after] };
}
