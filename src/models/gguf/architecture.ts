/** @file What has to be known of an architecture of llama.cpp to read its files as Hugging Face checkpoints. */
import type { WantedTensor } from "../../formats/gguf/wantedTensor.ts";
import type { StoredLayout } from "../family.ts";
import type { GgufFacts } from "./facts.ts";
import type { TensorRule } from "./rules.ts";

/** An architecture of llama.cpp in Hugging Face's terms. */
export interface GgufArchitecture {
  /** `model_type` of the configuration; what the file shows decides where one architecture stands for several. */
  readonly modelType: string | ((facts: GgufFacts) => string);
  /** Metadata keys (after the architecture's name) to keys of the configuration. */
  readonly keys: Readonly<Record<string, string>>;
  /** Keys that `more` reads, or that say nothing new. Any other key is refused. */
  readonly moreKeys?: readonly string[];
  /** What the configuration has besides: what the tensors show, and what llama.cpp has built in. */
  readonly more: (facts: GgufFacts) => Readonly<Record<string, unknown>>;
  /** Names of tensors, `{}` for the layer, to what they become; a tensor of another name is refused. */
  readonly tensors: Readonly<Record<string, TensorRule>>;
  /** Tensors of the checkpoint that the file has as settings, by Hugging Face's names. */
  readonly tensorsOfSettings?: (facts: GgufFacts) => Readonly<Record<string, WantedTensor>>;
  /** How matrices lie where it is not as Hugging Face's modules keep them. */
  readonly layout?: StoredLayout;
}
