/** @file What every family gives: a Program and the facts about it that studies and Results need. */
import type { StoredTensor } from "../base/bytes.ts";
import type { Program } from "../graph/program.ts";
import type { RowBos } from "./bosPolicy.ts";
import type { CheckpointTensors } from "./checkpointTensors.ts";
import type { NotText } from "./notText.ts";

/** Facts about an architecture with its sizes. */
export interface Architecture extends Partial<DecoderFacts> {
  readonly family: string;
  /** As the configuration calls it; left out where it does not. */
  readonly modelType?: string | undefined;
  readonly layers: number;
  /** Of attention; of scans where no layer has attention. */
  readonly heads: number;
  /** Heads of each layer, or units of its scan, where layers differ (hybrids); left out where all have `heads`. */
  readonly headsByLayer?: readonly number[] | undefined;
  readonly kvHeads: number;
  readonly contextLength: number;
  readonly vocabulary: number;
  /** The id of BOS: the configuration's, or what loading found out from the tokenizer's files; null if there is none. */
  readonly bosToken: number | null;
  /** Ids that the configuration or the tokenizer's files call special. */
  readonly specialTokens: readonly number[];
  /** The stacks of a model that has several, or one of images; left out for one that reads tokens alone. */
  readonly stacks?: readonly StackFacts[] | undefined;
  /** How images enter; left out for a model that sees none. */
  readonly image?: ImageFacts | undefined;
  /** Of an encoder-decoder: the id that a decoder's row starts with, and the one that ends an encoder's; null where there is none. */
  readonly rowEnds?: RowEnds | undefined;
  /** Why rows begin with BOS or do not; left out where nothing was loaded from files. */
  readonly bos?: RowBos | undefined;
  /** Ids that are no text, and the file that says so; left out where there is no tokenizer. */
  readonly notText?:
    { readonly ids: ReadonlyMap<number, NotText>; readonly source: string } | undefined;
}

/** What a state-space layer is made of; what other models have as heads are its channels, or its heads of several channels. */
export interface ScanFacts {
  readonly units: "channels" | "heads";
  /** How many of these a layer has, and how many channels each. */
  readonly heads: number;
  readonly dHead: number;
  /** Layers that are scans; all but in hybrids. */
  readonly layers: readonly number[];
  /** Numbers in the state of a channel. */
  readonly states: number;
  /** Tokens that the convolution before the scan sees, the current one included. */
  readonly taps: number;
}

/** How an image enters a stack: patches row by row, after vectors of another kind. */
export interface ImageFacts {
  readonly channels: number;
  /** Pixels of a side, and of a side of a patch. */
  readonly size: number;
  readonly patch: number;
  /** Positions before those of the patches. */
  readonly before: number;
}

/** An image in a row of text: one vector after another, each in the place of a token. */
export interface Sight {
  readonly image: ImageFacts;
  /** The id that stands for each vector. */
  readonly imageToken: number;
  /** Ids that stand before and after the vectors of an image. */
  readonly around: readonly [before: readonly number[], after: readonly number[]];
  /** Vectors of an image: `before` of no patch, then side x side, row by row. */
  readonly vectors: number;
  readonly before: number;
  readonly side: number;
  /** Pixels of the side of what a vector stands for. */
  readonly patch: number;
  /** Whether vectors of an image attend to later ones of it too (Gemma 3); left out: to what is before, as text does. */
  readonly bothWays?: boolean | undefined;
}

/** What stands around the text in the rows of an encoder-decoder. */
export interface RowEnds {
  readonly decoderStart: number | null;
  readonly encoderEnd: number | null;
}

/** One stack of a model: what its values' names begin with, and how large it is. */
export interface StackFacts {
  /** `encoder`, `decoder`, `text`, `vision`; empty where there is one. */
  readonly name: string;
  readonly layers: number;
  readonly heads: number;
  readonly mask: "causal" | "none";
  /** Whether its blocks attend to an encoder too. */
  readonly cross: boolean;
  readonly dModel: number;
  /** Most positions. */
  readonly length: number;
}

/** Rotary positions of one layer. */
export interface RotaryFacts {
  /** The configuration's `rope_type`: default, linear, llama3, yarn... */
  readonly type: string;
  /** Entries of a query and key that are turned. */
  readonly entries: number;
  /** Pairs are (2i, 2i + 1); else (i, i + n). */
  readonly interleaved: boolean;
}

/** How a decoder is built, for studies whose method depends on it. */
export interface DecoderFacts {
  readonly dModel: number;
  /** Entries of a query and of a key. */
  readonly dHead: number;
  readonly dValue: number;
  /** causal: a query sees keys up to itself; none: keys before and after it. */
  readonly mask: "causal" | "none";
  /** Keys that a query of each layer sees, itself included; null: all up to it. */
  readonly windows: readonly (number | null)[];
  /** Tokens of the parts that each layer cuts rows into, of which a query sees its own alone; null: it cuts none. */
  readonly chunks: readonly (number | null)[];
  /** With the mask none: keys on each side that a query of each layer sees; null: all. */
  readonly reaches: readonly (number | null)[];
  /** State-space layers in place of attention; null where there are none. */
  readonly scan: ScanFacts | null;
  /** How the model knows where a token is; none: through the mask alone. */
  readonly positions:
    "learned" | "shortformer" | "sinusoids" | "rotary" | "alibi" | "relative" | "none";
  /** Layers whose queries and keys are turned. */
  readonly rotaryLayers: readonly number[];
  /** How each layer turns queries and keys; null for a layer that does not. */
  readonly rotary: readonly (RotaryFacts | null)[];
  /** Keys and values (and queries) come from low-rank vectors (DeepSeek). */
  readonly latent: boolean;
  readonly norm: "LN" | "RMS" | null;
  /** Before a part, after it, both, or of the stream itself. */
  readonly normPlaces: "before" | "after" | "around" | "stream";
  /** What each part writes is multiplied by `multiplier`; `fromNorm`: and added to the norm's output in place of the stream. */
  readonly residual: { readonly multiplier: number; readonly fromNorm: boolean };
  /** Attention and MLP read the same stream. */
  readonly parallel: boolean;
  /** Queries and keys have norms of their own. */
  readonly queryKeyNorm: boolean;
  /** That norm is over all heads together (OLMo 2), not over each. */
  readonly normOverAllHeads: boolean;
  /** Scores and logits are kept within plus and minus this. */
  readonly softcap: { readonly scores: number | null; readonly logits: number | null };
  /** Heads may attend to no key. */
  readonly sinks: boolean;
  readonly experts: {
    readonly count: number;
    readonly perToken: number;
    /** An MLP for every token beside them: as it is, or times a learned share; null: none. */
    readonly shared: "plain" | "gated" | null;
    readonly layers: readonly number[];
  } | null;
  /** The unembedding: a matrix of its own, the embedding, or none in the files: then there are no logits. */
  readonly head: "own" | "tied" | "none";
}

export interface Model {
  readonly architecture: Architecture;
  /** The whole forward pass; its outputs are `logits`. */
  readonly program: Program;
  /** What the user should know about how the files were read. */
  readonly notices?: readonly string[];
  /** The forward pass with images, where `program` reads text alone: it reads `pixels` too. */
  readonly seeing?: Program | undefined;
  /** The `model_type` of the whole that `seeing` is of, as llava. */
  readonly seeingFamily?: string | undefined;
  /** Where an image stands in the rows of `seeing`; left out without it. */
  readonly sight?: Sight | undefined;
  /** The unembedding that the configuration ties, and one of its own that the files have; left out where it ties none. */
  readonly tiedHead?: { readonly embedding: StoredTensor; readonly own: StoredTensor };
}

/** A program that is shown images, and where they stand. */
export type Seeing = Required<Pick<Model, "seeing" | "sight">>;

/** How matrices lie in a file: as Hugging Face's modules keep them, or nn.Linear's [out, in] everywhere, as nanoGPT has them. */
export type StoredLayout = "hugging_face" | "nanogpt";

/** Which unembedding is used where a configuration ties it and the files have one: theirs, or the embedding. */
export type UnembeddingChoice = "file" | "tied";

export interface ModelOptions {
  readonly layout?: StoredLayout;
  /** Left out: the embedding, where the configuration says so. */
  readonly head?: UnembeddingChoice | undefined;
  /** The checkpoint has other models beside this one. */
  readonly others?: boolean;
  /** The architecture that a configuration declares holds, although it names code of its own. */
  readonly trustArchitecture?: boolean | undefined;
}

/** The same model, with more that the user should know. */
export function withNotices(model: Model, texts: readonly (string | null)[]): Model {
  const notices = [...(model.notices ?? []), ...texts.filter((text) => text !== null)];
  return notices.length === 0 ? model : { ...model, notices };
}

/** Builds a model of one family from config.json (or what says the same) and the tensors of a checkpoint. */
export type Family = (
  config: Readonly<Record<string, unknown>>,
  checkpoint: CheckpointTensors,
  options?: ModelOptions,
) => Model;
