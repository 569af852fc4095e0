/** @file How an image enters a stream: a vector for each patch, one for the class in front of them, learned positions. */
import type { Builder, Name } from "../../graph/builder.ts";
import { norm } from "../decoder/norms.ts";
import type { NormSpec } from "../decoder/spec.ts";
import { requireWeight, type WeightLookup } from "../decoder/weights.ts";
import type { WeightMap } from "../weightMap.ts";

export interface ImageSpec {
  readonly channels: number;
  /** Pixels of a side of the image, and of a patch; what is left at the right and at the bottom is not read. */
  readonly size: number;
  readonly patch: number;
  /** Vectors before those of the patches: the class, in DeiT one for what a teacher says, and registers. */
  readonly before: number;
  /** Vectors without a position between the class's and the patches (Darcet et al. 2023, arXiv:2309.16588); left out: none. */
  readonly registers?: number;
  /** A norm before the first block (CLIP). */
  readonly norm?: NormSpec | null;
}

/** Positions of the stream of an image. */
export function imagePositions({ size, patch, before }: ImageSpec): number {
  return before + Math.floor(size / patch) ** 2;
}

/** `pixels` [batch, channel, row, column] as the stream [batch, position, d_model], patches row by row. */
export function patchStream(
  b: Builder,
  w: WeightLookup,
  spec: ImageSpec,
  prefix: string,
  batch = "batch",
): Name {
  const { channels, size, patch, before } = spec;
  const side = Math.floor(size / patch);
  const pixels = b.input("pixels", "float32", {
    batch,
    channel: channels,
    row: size,
    column: size,
  });
  const cut = (x: Name, axis: string, of: string, within: string) => {
    const whole = b.op("slice", [x], { axis, start: 0, end: side * patch });
    const into = [
      { name: of, size: side },
      { name: within, size: patch },
    ];
    return b.op("splitAxis", [whole], { axis, into });
  };
  const patches = cut(cut(pixels, "row", "patch_row", "y"), "column", "patch_column", "x");
  const axes = ["batch", "patch_row", "patch_column", "d_model"];
  const bias = w(`${prefix}patch.b`);
  const vectors = b.contract(patches, requireWeight(w, `${prefix}patch.W`), axes, { bias });
  const merged = { axes: ["patch_row", "patch_column"], into: "position" };
  const rows = b.op("mergeAxes", [vectors], merged);
  const { registers = 0 } = spec;
  const front = ["class.W", "distillation.W"].slice(0, before - registers).toReversed();
  const stream = front.reduce((x, name) => inFront(b, requireWeight(w, prefix + name), x), rows);
  const embedded = b.rename(stream, {}, `${prefix}hook_embed`);
  const place = b.rename(
    requireWeight(w, `${prefix}pos_embed.W_pos`),
    {},
    `${prefix}hook_pos_embed`,
  );
  const embeddedPlaces = b.add(embedded, place);
  const whole =
    registers > 0
      ? withRegisters(b, requireWeight(w, `${prefix}registers.W`), embeddedPlaces)
      : embeddedPlaces;
  return norm(b, w, `${prefix}embed.ln`, whole, spec.norm ?? null);
}

/** Registers [register, d_model] after the class's vector of every image. */
function withRegisters(b: Builder, registers: Name, stream: Name): Name {
  const part = (start: number, end: number) =>
    b.op("slice", [stream], { axis: "position", start, end });
  const count = Number(b.typeOf(registers).axes[0]!.size);
  const length = Number(b.typeOf(stream).axes[1]!.size);
  const like = part(0, 1);
  const each = Array.from({ length: count }, (_, index) => {
    const one = b.op("slice", [registers], { axis: "register", start: index, end: index + 1 });
    return b.op("stretch", [b.op("sum", [one], { axes: ["register"] }), like], {});
  });
  return b.op("concat", [like, ...each, part(1, length)], { axis: "position" });
}

/** A vector in front of the patches of every image. */
function inFront(b: Builder, vector: Name, rows: Name): Name {
  const like = b.op("slice", [rows], { axis: "position", start: 0, end: 1 });
  return b.op("concat", [b.op("stretch", [vector, like], {}), rows], { axis: "position" });
}

/** Names of what `seen` reads. */
export interface PatchNames {
  readonly patch: string;
  readonly bias: boolean;
  /** The class's vector, and how many axes of size 1 its tensor has before its entries; null: there is none. */
  readonly classVector: { readonly from: string; readonly ones: 0 | 2 } | null;
  /** The vector after it, which has two such axes; left out: there is none. */
  readonly distillation?: string | undefined;
  /** Registers, whose tensor has an axis of size 1 first; left out: there are none. */
  readonly registers?: string | undefined;
  /** The table of positions, and whether its tensor has an axis of size 1 before them. */
  readonly positions: { readonly from: string; readonly isOne: boolean };
}

/** Weights under the names that `seen` looks for. */
export function patchWeights(names: PatchNames): WeightMap {
  const { patch, bias, classVector, distillation, registers, positions } = names;
  const ones = ["one", "other_one"];
  const vector = (from: string) => ({
    from,
    shape: [...ones, "d_model"],
    merge: { d_model: [...ones, "d_model"] },
  });
  return {
    "patch.W": { from: `${patch}.weight`, shape: ["d_model", "channel", "y", "x"] },
    ...(bias && { "patch.b": { from: `${patch}.bias`, shape: ["d_model"] } }),
    ...(classVector && {
      "class.W":
        classVector.ones === 0
          ? { from: classVector.from, shape: ["d_model"] }
          : vector(classVector.from),
    }),
    ...(distillation !== undefined && { "distillation.W": vector(distillation) }),
    ...(registers !== undefined && {
      "registers.W": {
        from: registers,
        shape: ["one", "register", "d_model"],
        select: [{ axis: "one", index: 0 }],
      },
    }),
    "pos_embed.W_pos": positions.isOne
      ? {
          from: positions.from,
          shape: ["one", "position", "d_model"],
          merge: { position: ["one", "position"] },
        }
      : { from: positions.from, shape: ["position", "d_model"] },
  };
}

/** Sizes of the axes that those weights have. */
export function patchSizes(spec: ImageSpec) {
  const { channels: channel, patch, registers: register = 0 } = spec;
  const position = imagePositions(spec) - register; // registers have no places
  return { channel, y: patch, x: patch, one: 1, other_one: 1, register, position };
}
