/** @file What the page asks of the engine's thread, and what comes back. Every question has an id. */
import type {
  AttentionResult,
  HeadAt,
  HeadEdit,
  NamedBlob,
  ScoreName,
  ScoreResult,
  StacksResult,
  VerdictResult,
  WhyResult,
} from "induction-lens/browser";
import type { Recipe, TrainingScores } from "induction-lens/train";

/** What is to compute; `auto`: what the library finds fastest. */
export type DeviceName = "auto" | "wasm" | "webgpu";

export type ModelSource =
  | { readonly kind: "named"; readonly name: string; readonly base: string }
  | (Trust & { readonly kind: "served"; readonly base: string })
  /** An id or a short name of the hub, with @REVISION after it where it is not main. */
  | (Trust & { readonly kind: "hub"; readonly name: string })
  | (Trust & {
      readonly kind: "files";
      readonly id: string;
      readonly files: readonly NamedBlob[];
    });

interface Trust {
  /** Whether the reader says that a model with code of its own is of the architecture that it declares. */
  readonly trustArchitecture: boolean;
}

/** What a model is, as its files say before its weights are read. */
export interface ShapeFacts {
  readonly id: string;
  readonly family: string;
  readonly layers: number;
  readonly heads: number;
  /** Heads of each layer, or units of its scan. */
  readonly headsByLayer: readonly number[];
  readonly kvHeads: number;
  /** What stacks it has, in words; null for a model of one. */
  readonly stackWords: string | null;
  readonly contextLength: number;
  readonly vocabulary: number;
  readonly bosToken: number | null;
  /** Numbers in its weights. */
  readonly parameters: number;
}

/** What the page needs to know of a model that is open. */
export interface ModelFacts extends ShapeFacts {
  readonly sha256: string;
  /** State-space layers, and what stands for heads in them; null: there are none. */
  readonly scan: Scan | null;
  /** What is scored: a decoder's attention to what is before, or that of an encoder and of several stacks, each direction alone. */
  readonly kind: "decoder" | "stacks";
  /** It reads images beside text. */
  readonly sees: boolean;
  /** Tokens of a sequence that this browser's memory has room for. */
  readonly longest: number;
  /** What kind of tokenizer came with it; null: the page takes token ids. */
  readonly tokenizer: string | null;
  /** Why the tokenizer that came with it cannot be used; null where there is nothing to say. */
  readonly tokenizerFault: string | null;
  /** What computes, in words. */
  readonly engine: string;
  /** Why it is that engine, in a sentence. */
  readonly why: string;
}

export interface Scan {
  readonly layers: readonly number[];
  readonly units: "channels" | "heads";
}

/** What a model will take of memory, and what this browser gives. */
export interface MemoryNeed {
  readonly neededBytes: number;
  readonly availableBytes: number;
  /** It does not fit, so a part of it is loaded after the other, for all sequences at once. */
  readonly inPieces: boolean;
}

/** A row of tokens and how to write each of them. */
export interface Sequence {
  readonly ids: readonly number[];
  readonly pieces: readonly string[];
  /** Where a block of tokens stands twice; null in texts. */
  readonly repeats: { readonly start: number; readonly period: number } | null;
}

/** A sequence in which something comes twice. */
export interface Example {
  readonly sequence: Sequence;
  /** The position whose token stood before, and the one that came after it then. */
  readonly query: number;
  readonly target: number;
  /** Sequences that were tried. */
  readonly trials: number;
}

export interface SequenceChoice {
  readonly text: string | null;
  readonly period: number;
  readonly seed: number;
}

/** Attention of all heads of one layer. */
export interface Look {
  /** [head, query, key] */
  readonly patterns: Float32Array;
  /** Norm of the value at each key, [key, head]. */
  readonly valueNorms: Float32Array;
  readonly heads: number;
  readonly length: number;
}

/** A value of a run, row-major. */
export interface CapturedValue {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface Losses {
  readonly firstCopy: number;
  readonly secondCopy: number;
  /** Mean of -log p of the token at each position, nats; null at 0, which nothing predicts. */
  readonly byPosition: readonly (number | null)[];
  /** Means over tokens 2 ... S of each sequence, in the order of the rows: what differences are paired by. */
  readonly bySequence: Readonly<Record<"firstCopy" | "secondCopy", readonly number[]>>;
}

export interface Guess {
  readonly id: number;
  readonly piece: string;
  readonly probability: number;
}

/** The model with some heads edited, in one forward pass of the rows (`times` of them) and one of the sequence. */
export interface Cut {
  /** Position after which the next token is guessed. */
  readonly at: number;
  readonly edits: readonly HeadEdit[];
  readonly rows: number;
  readonly referenceRows: number | null;
  readonly period: number;
  readonly start: number;
  readonly losses: Losses;
  readonly scores: Readonly<Record<ScoreName, readonly (readonly number[])[]>>;
  /** The most likely next tokens after each position asked for. */
  readonly guesses: readonly Guess[];
  /** What really comes next, and its probability; null after the last token. */
  readonly truth: Guess | null;
  readonly milliseconds: number;
}

/** Which attention of a model of several stacks is looked at, and on what. */
export interface StackChoice {
  /** Before the names of the stack's values: `encoder`, or nothing where there is one. */
  readonly stack: string;
  /** `blocks.L.attn.hook_pattern` with what stands before it, L the layer. */
  readonly values: string;
  /** A decoder that writes what the encoder reads. */
  readonly isCross: boolean;
  readonly layer: number;
  /** The reader's; null: generated. */
  readonly text: string | null;
  readonly period: number;
  readonly seed: number;
}

/** Attention of all heads of a layer of one stack. */
export interface StackLook {
  /** [head, query, key] */
  readonly patterns: Float32Array;
  readonly heads: number;
  /** Queries and keys, which in cross-attention are not as many. */
  readonly length: number;
  readonly keyCount: number;
  /** What the positions are; empty where they are patches. */
  readonly queries: readonly string[];
  readonly keys: readonly string[];
  /** Patches of a side of the image, and positions before them; null for tokens. */
  readonly patches: { readonly side: number; readonly before: number } | null;
}

export interface Requests {
  readonly open: {
    readonly args: { readonly source: ModelSource; readonly device: DeviceName };
    readonly answer: ModelFacts;
  };
  /** Whether there is a model that this browser can hold, by its headers: no weights are read. */
  readonly inspect: { readonly args: ModelSource; readonly answer: Record<never, never> };
  /** Fetches the scripts of rare questions, so that they can be asked when the command has ended. */
  readonly prefetch: { readonly args: Record<never, never>; readonly answer: Record<never, never> };
  readonly score: { readonly args: Record<never, never>; readonly answer: ScoreResult };
  /** In place of `score` for encoders and models of several stacks. */
  readonly scoreStacks: { readonly args: Record<never, never>; readonly answer: StacksResult };
  readonly lookStacks: { readonly args: StackChoice; readonly answer: StackLook };
  readonly sequence: { readonly args: SequenceChoice; readonly answer: Sequence };
  /** The short sequence that shows best what these two heads do together. */
  readonly example: {
    readonly args: { readonly induction: HeadAt; readonly previous: HeadAt | null };
    readonly answer: Example;
  };
  readonly look: {
    readonly args: {
      readonly ids: readonly number[];
      readonly layer: number;
      /** Left out: none. */
      readonly edits?: readonly HeadEdit[];
      /** Needed by ideal patterns, which are left out without. */
      readonly repeats?: Sequence["repeats"];
    };
    readonly answer: Look;
  };
  readonly values: {
    readonly args: {
      readonly ids: readonly number[];
      readonly names: readonly string[];
      /** Heads that put out zero, layer.head; left out: none. */
      readonly off?: readonly string[];
    };
    /** By hook name; a name that the model does not have is left out. */
    readonly answer: { readonly values: Readonly<Record<string, CapturedValue>> };
  };
  readonly why: {
    readonly args: {
      readonly ids: readonly number[];
      /** layer.head */
      readonly head: string;
      readonly query: number;
      readonly key: number;
    };
    readonly answer: WhyResult;
  };
  readonly attention: {
    readonly args: {
      readonly ids: readonly number[];
      readonly head: string;
      readonly weighted: boolean;
    };
    readonly answer: AttentionResult;
  };
  readonly verdict: { readonly args: Record<never, never>; readonly answer: VerdictResult };
  readonly train: {
    readonly args: { readonly seed: number; readonly steps: number };
    readonly answer: { readonly recipe: Recipe };
  };
  readonly change: {
    readonly args: { readonly steps: readonly number[]; readonly values: readonly number[] };
    readonly answer: {
      /** Null: smooth learning explains the curve as well. */
      readonly step: number | null;
      readonly interval: readonly [number, number] | null;
      readonly p: number;
    };
  };
  readonly mostChanged: {
    readonly args: { readonly edits: readonly HeadEdit[]; readonly sequence: Sequence };
    readonly answer: { readonly at: number };
  };
  readonly cut: {
    readonly args: {
      readonly edits: readonly HeadEdit[];
      readonly sequence: Sequence;
      /** Position whose next token is guessed. */
      readonly at: number;
      /** Runs of rows: more of them give narrower intervals. Left out: 1. */
      readonly times?: number;
    };
    readonly answer: Cut;
  };
}

/** The model of a training step. */
export interface LabCheckpoint {
  /** Its folder; none in a run that was kept without weights. */
  readonly files: readonly NamedBlob[];
  /** [layer][head][query][key] of a short sequence that repeats, one after the other. */
  readonly patterns: Float32Array;
  readonly layers: number;
  readonly heads: number;
  readonly length: number;
}

/** What a training run tells while it goes on. */
export interface LabEvent {
  readonly step: number;
  readonly tokens: number;
  readonly loss: number | null;
  readonly scores: TrainingScores;
  /** Since the start of the run. */
  readonly milliseconds: number;
  readonly checkpoint: LabCheckpoint | null;
}

export type RequestName = keyof Requests;

export type ToWorker =
  | {
      readonly kind: "ask";
      readonly id: number;
      readonly name: RequestName;
      readonly args: Requests[RequestName]["args"];
    }
  | { readonly kind: "cancel"; readonly id: number };

export type FromWorker =
  | {
      readonly kind: "progress";
      readonly id: number;
      readonly step: string;
      readonly done: number;
      readonly total: number;
    }
  | { readonly kind: "memory"; readonly id: number; readonly need: MemoryNeed }
  | { readonly kind: "shape"; readonly id: number; readonly shape: ShapeFacts }
  | { readonly kind: "soFar"; readonly id: number; readonly answer: ScoreResult | VerdictResult }
  | { readonly kind: "told"; readonly id: number; readonly event: LabEvent }
  | { readonly kind: "done"; readonly id: number; readonly answer: unknown }
  | {
      readonly kind: "failed";
      readonly id: number;
      readonly words: string;
      readonly stopped: boolean;
      /** The option that would change it; null: none would. */
      readonly option: string | null;
    };
