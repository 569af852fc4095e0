/** @file How audio enters a stream: two convolutions over the frames of a spectrogram, and learned positions (Whisper). */
import type { Builder, Name } from "../../graph/builder.ts";
import { requireWeight, type WeightLookup } from "../decoder/weights.ts";
import type { WeightMap } from "../weightMap.ts";

export interface AudioSpec {
  /** Mel bins of a frame. */
  readonly bins: number;
  /** Positions of the stream: half as many as frames, since the second convolution takes every other. */
  readonly positions: number;
}

const TAPS = [0, 1, 2];

/** `features` [batch, mel_bin, frame] as the stream [batch, position, d_model]: gelu after each convolution. */
export function heard(
  b: Builder,
  w: WeightLookup,
  { bins, positions }: AudioSpec,
  prefix: string,
): Name {
  const frames = 2 * positions;
  const features = b.input("features", "float32", { batch: "batch", mel_bin: bins, frame: frames });
  const taps = (x: Name, name: string, every: number) =>
    convolveFrames(b, w, `${prefix}${name}`, x, frames, every);
  const first = b.op("gelu", [taps(features, "conv1", 1)], { approximate: "none" }); // [batch, frame, d_model]
  const input = b.rename(first, { d_model: "d_in" });
  const second = b.op(
    "gelu",
    [taps(input, "conv2", 2)],
    { approximate: "none" },
    `${prefix}hook_embed`,
  );
  const place = b.rename(
    requireWeight(w, `${prefix}pos_embed.W_pos`),
    {},
    `${prefix}hook_pos_embed`,
  );
  return b.add(b.rename(second, { frame: "position" }), place);
}

/** y[t] = sum over k of W_k x[every t + k - 1] + b, with zeros beyond the ends. */
function convolveFrames(
  b: Builder,
  w: WeightLookup,
  at: string,
  x: Name,
  frames: number,
  every: number,
): Name {
  const padded = b.op("pad", [x], { axis: "frame", before: 1, after: 1 });
  const parts = TAPS.map((tap) => {
    const shifted = b.op("slice", [padded], { axis: "frame", start: tap, end: tap + frames });
    const bias = tap === 0 ? requireWeight(w, `${at}.b`) : null;
    const read = every === 1 ? shifted : everyOther(b, shifted, frames);
    return b.contract(read, requireWeight(w, `${at}.W.${tap}`), ["batch", "frame", "d_model"], {
      bias,
    });
  });
  return parts.reduce((sum, part) => b.add(sum, part));
}

function everyOther(b: Builder, x: Name, frames: number): Name {
  const into = [
    { name: "pair", size: frames / 2 },
    { name: "of_pair", size: 2 },
  ];
  const pairs = b.op("splitAxis", [x], { axis: "frame", into });
  const first = b.op("slice", [pairs], { axis: "of_pair", start: 0, end: 1 });
  return b.op("mergeAxes", [first], { axes: ["pair", "of_pair"], into: "frame" });
}

/** Weights under the names that `heard` looks for. */
export const AUDIO_WEIGHTS: WeightMap = {
  ...convolution("conv1", "mel_bin"),
  ...convolution("conv2", "d_in"),
  "pos_embed.W_pos": { from: "encoder.embed_positions.weight", shape: ["position", "d_model"] },
};

function convolution(name: string, input: string): WeightMap {
  const from = `encoder.${name}`;
  return {
    ...Object.fromEntries(
      TAPS.map((index) => [
        `${name}.W.${index}`,
        {
          from: `${from}.weight`,
          shape: ["d_model", input, "tap"],
          select: [{ axis: "tap", index }],
        },
      ]),
    ),
    [`${name}.b`]: { from: `${from}.bias`, shape: ["d_model"] },
  };
}
