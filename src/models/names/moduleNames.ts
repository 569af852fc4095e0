/** @file What a family calls its modules: the names that weights are found by. */
import type { DecoderSpec } from "../decoder/spec.ts";
import type { FusedOrder } from "./fusedOrders.ts";

/** Queries, keys and values of their own, or in one matrix. */
export type AttentionNames =
  | { readonly q: string; readonly k: string; readonly v: string }
  | { readonly qkv: string; readonly order: FusedOrder };

/** Modules by their names in a checkpoint, after the prefix; those of a layer after the layer's. */
export interface ModuleNames {
  /** What stands before most names, as `model.`. */
  readonly base: string;
  readonly embed: string;
  /** Learned positions, and how many rows of the table come before that of the first position. */
  readonly positions?: string | undefined;
  readonly positionOffset?: number;
  readonly embedNorm?: string | undefined;
  readonly tokenTypes?: string | undefined;
  /** OPT-350m's matrices between the embedding's width and the stream's. */
  readonly projectIn?: string | undefined;
  readonly projectOut?: string | undefined;
  /** `layers.{layer}.`. */
  readonly layer: string;
  readonly ln1?: string | undefined;
  readonly ln2?: string | undefined;
  /** Of the MLP, where ln2 is that of cross attention. */
  readonly ln3?: string | undefined;
  readonly ln1_post?: string | undefined;
  readonly ln2_post?: string | undefined;
  /** Vectors that what attention and MLP write is multiplied by (DINOv2). */
  readonly scales?: { readonly attention: string; readonly mlp: string } | undefined;
  readonly finalNorm?: string | undefined;
  /** Left out where no layer has attention; so with `o`, `mlp` and `ssm`. */
  readonly attention?: AttentionNames;
  readonly o?: string;
  /** Attention to an encoder. */
  readonly cross?: { readonly attention: AttentionNames; readonly o: string } | undefined;
  /** T5's table of biases by distance, which one layer holds for all. */
  readonly relative?: string | undefined;
  readonly qNorm?: string | undefined;
  readonly kNorm?: string | undefined;
  readonly sinks?: string | undefined;
  readonly mlp?: MlpNames;
  /** The mixer of a state-space layer, as `mixer`. */
  readonly ssm?: SsmNames;
  readonly experts?: ExpertNames;
  readonly head: string;
  /** Between the last norm and the unembedding. */
  readonly transform?: { readonly dense: string; readonly norm: string } | undefined;
  /** The tensor that is added to logits, where it is not the bias of `head`. */
  readonly headBias?: string | undefined;
  readonly biases?: Biases;
  /** nn.Linear keeps [out, in] (default), Conv1D [in, out]. */
  readonly stored?: "out, in" | "in, out";
}

/** A state-space mixer's module, and those of its parts that are not called alike everywhere. */
export interface SsmNames {
  readonly mixer: string;
  /** Norms with gains of time steps, B and C. */
  readonly norms?: { readonly dt: string; readonly B: string; readonly C: string };
}

/** gate (if there is one), in, out, the activation where it has weights; or gate and in as one matrix. */
export type MlpNames =
  | { readonly gate?: string; readonly in: string; readonly out: string; readonly xielu?: string }
  | { readonly gateIn: string; readonly out: string };

/** Which modules have biases; left out: none. */
export interface Biases {
  /** q and v: keys have none (Whisper). */
  readonly qkv?: boolean | "q and v";
  readonly o?: boolean;
  /** Of the convolution before a scan. */
  readonly conv?: boolean;
  /** Of the projections into a state-space mixer and out of it. */
  readonly ssm?: boolean;
  readonly mlp?: boolean;
  readonly head?: boolean;
  /** Of layer norms. */
  readonly norms?: boolean;
  readonly qkNorms?: boolean;
  readonly transform?: boolean;
}

/** Sizes and layers that the map is made for. */
export interface Around {
  readonly spec: DecoderSpec;
  readonly names: ModuleNames;
}

export type Dims = readonly (string | readonly string[])[];

export interface ExpertNames {
  readonly router: string;
  readonly routerBias?: boolean;
  /** A vector that is added to scores when experts are chosen, and not to their weights. */
  readonly correction?: string;
  /** Whether that is a row of a matrix with no other (ERNIE). */
  readonly correctionRow?: boolean;
  readonly each: EachExpert | StackedExperts | TransposedExperts | InterleavedExperts;
  /** The MLP of every token, and the vector of its share. */
  readonly shared?: MlpNames;
  readonly sharedBiases?: boolean;
  readonly sharedGate?: string;
}

/** Modules of an expert, with `{expert}` for its place. */
export interface EachExpert {
  readonly kind: "each";
  readonly gate: string;
  readonly in: string;
  readonly out: string;
}

/** Tensors [expert, out, in]: gate and in as one. */
export interface StackedExperts {
  readonly kind: "stacked";
  readonly gateIn: string;
  readonly out: string;
}

/** Llama 4: tensors [expert, in, out], gate before in. */
export interface TransposedExperts {
  readonly kind: "transposed";
  readonly gateIn: string;
  readonly out: string;
}

/** gpt_oss: tensors [expert, in, out] with gate and in entry by entry, and biases. */
export interface InterleavedExperts {
  readonly kind: "interleaved";
  readonly gateIn: string;
  readonly out: string;
}
