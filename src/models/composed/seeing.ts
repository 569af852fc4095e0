/** @file A model of text that is shown images: what a tower sees stands where the tokens of images do (LLaVA). */
import { builder } from "../../graph/builder.ts";
import type { Program } from "../../graph/program.ts";
import { activation, type ActivationName } from "../config/activation.ts";
import { stack } from "../decoder/stack.ts";
import { requireWeight } from "../decoder/weights.ts";
import type { BoundWeights } from "../weightMap.ts";
import type { VisionSpec } from "./imageModel.ts";
import { imagePositions, patchStream } from "./patches.ts";

export interface SeeingSpec {
  readonly vision: VisionSpec;
  /** Streams that are handed on, by the block that they stand before: the last is after all blocks; one beside the other. */
  readonly layers: readonly number[];
  /** Whether the class's vector is handed on too. */
  readonly whole: boolean;
  readonly act: ActivationName;
  /** The id that stands for one vector of an image. */
  readonly imageToken: number;
}

const [PREFIX, EMBED, TOKENS, SHOWN] = ["vision.", "hook_embed", "hook_token_embed", "shown"];

/**
 * The text's program, which reads `pixels` too: `hook_embed` is then the embedding, with act(x W_1 + b_1) W_2 + b_2 of the patches
 * in place of that of each image token.
 */
export function seeingProgram(text: Program, spec: SeeingSpec, weights: BoundWeights): Program {
  const b = builder({ ...text, outputs: [] }); // beside the text's operations, whose names are taken
  const w = weights(b);
  const { image } = spec.vision;
  const place = { prefix: PREFIX, position: imagePositions(image), ids: "" };
  const stream = patchStream(b, w, image, PREFIX);
  stack(b, w, spec.vision, { stream, queryKeyPositions: null }, place);
  const blocks = spec.vision.blocks.length;
  const streams = spec.layers.map((layer) =>
    layer < blocks
      ? `${PREFIX}blocks.${layer}.hook_resid_pre`
      : `${PREFIX}blocks.${blocks - 1}.hook_resid_post`,
  );
  const all = streams.length === 1 ? streams[0]! : b.op("concat", streams, { axis: "d_model" });
  const start = spec.whole ? 0 : image.before;
  const end = place.position;
  const patches = b.op("slice", [all], { axis: "position", start, end });
  const read = b.rename(patches, { position: "patch", d_model: "d_seen" });
  const axes = (last: string) => ["batch", "patch", last];
  const hiddenLayer = b.contract(read, requireWeight(w, "projector.W_1"), axes("d_hidden"), {
    bias: w("projector.b_1"),
  });
  const two = b.contract(
    activation(b, spec.act, hiddenLayer),
    requireWeight(w, "projector.W_2"),
    axes("d_model"),
    {
      bias: w("projector.b_2"),
      as: "hook_image_embed",
    },
  );
  const fill = { kind: "placeholdersOf", of: "tokens", id: spec.imageToken } as const;
  const sizes = { batch: "batch", position: "position", patch: end - start };
  const places = b.input("image_places", "float32", sizes, { fill });
  const imageStream = b.contract(two, places, ["batch", "position", "d_model"]);
  const isImage = b.op("sum", [places], { axes: ["patch"] });
  const isShown = b.op("stretch", [isImage, imageStream], {});
  const choose = b.op("greater", [isShown, b.constant("number 0.5", {}, [0.5])], {});
  b.op("where", [choose, imageStream, EMBED], {}, SHOWN);
  return inPlace(text, b.program(text.outputs, text.limits));
}

/** The operations that were added, between the embedding and what reads it. */
function inPlace(text: Program, program: Program): Program {
  const at = text.ops.findIndex(({ output }) => output === EMBED);
  const before = text.ops.slice(0, at).concat({ ...text.ops[at]!, output: TOKENS });
  const added = program.ops.slice(text.ops.length).map((op) => ({
    ...op,
    inputs: op.inputs.map((name) => (name === EMBED ? TOKENS : name)),
    output: op.output === SHOWN ? EMBED : op.output,
  }));
  return { ...program, ops: [...before, ...added, ...text.ops.slice(at + 1)] };
}
