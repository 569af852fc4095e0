/** @file Short names that people use for models of the hub. Names only: whether a family can be run is for the loader. */

/** Where a short name leads. */
export interface HubName {
  readonly id: string;
  /** Where the tokenizer is, if the model's own repository may have none. */
  readonly tokenizer?: string | undefined;
}

const GPT_NEO = "EleutherAI/gpt-neo-125M";

const sizes = (prefix: string, names: readonly string[], to: (size: string) => HubName) =>
  names.map((size) => [`${prefix}${size}`, to(size)] as const);

const PYTHIA = ["14m", "31m", "70m", "160m", "410m", "1b", "1.4b", "2.8b", "6.9b", "12b"];
const TINY_STORIES = ["1M", "3M", "8M", "28M", "33M", "1Layer-21M", "2Layers-33M"];

/** By short name in lower case. */
export const HUB_NAMES: ReadonlyMap<string, HubName> = new Map(
  (
    [
      ["gpt2-small", { id: "gpt2" }], // under the names by which Python's users have them in their cache
      ...sizes("gpt2", ["", "-medium", "-large", "-xl"], (size) => ({ id: `gpt2${size}` })),
      ["distilgpt2", { id: "distilgpt2" }],
      ["distil-gpt2", { id: "distilgpt2" }],
      ...sizes("pythia-", PYTHIA, (size) => ({ id: `EleutherAI/pythia-${size}` })),
      ...sizes(
        "pythia-",
        PYTHIA.map((size) => `${size}-deduped`),
        (size) => ({
          id: `EleutherAI/pythia-${size}`,
        }),
      ),
      ...sizes("pythia-", ["160m-seed1", "160m-seed2", "160m-seed3"], (size) => ({
        id: `EleutherAI/pythia-${size}`,
      })),
      ...sizes("tiny-stories-", TINY_STORIES, (size) => ({
        id: `roneneldan/TinyStories-${size}`,
        tokenizer: GPT_NEO,
      })),
      ...sizes("tinystories-", TINY_STORIES, (size) => ({
        id: `roneneldan/TinyStories-${size}`,
        tokenizer: GPT_NEO,
      })),
      [
        "tiny-stories-instruct-33M",
        { id: "roneneldan/TinyStories-Instruct-33M", tokenizer: GPT_NEO },
      ],
      ["gpt-neo-125M", { id: GPT_NEO }],
      ["gpt-neo-small", { id: GPT_NEO }],
      ["gpt-neo-1.3B", { id: "EleutherAI/gpt-neo-1.3B" }],
      ["gpt-neo-medium", { id: "EleutherAI/gpt-neo-1.3B" }],
      ["gpt-neo-2.7B", { id: "EleutherAI/gpt-neo-2.7B" }],
      ["gpt-neo-large", { id: "EleutherAI/gpt-neo-2.7B" }],
      ...sizes("opt-", ["125m", "350m", "1.3b", "2.7b", "6.7b"], (size) => ({
        id: `facebook/opt-${size}`,
      })),
      ...sizes("smollm2-", ["135M", "360M", "1.7B"], (size) => ({
        id: `HuggingFaceTB/SmolLM2-${size}`,
      })),
      ...sizes("smollm2-", ["135M-instruct", "360M-instruct", "1.7B-instruct"], (size) => ({
        id: `HuggingFaceTB/SmolLM2-${size.replace("instruct", "Instruct")}`,
      })),
      ...sizes("smollm-", ["135M", "360M", "1.7B"], (size) => ({
        id: `HuggingFaceTB/SmolLM-${size}`,
      })),
      ...sizes("qwen2-", ["0.5b", "1.5b", "7b"], (size) => ({
        id: `Qwen/Qwen2-${size.replace("b", "B")}`,
      })),
      ...sizes("qwen2.5-", ["0.5b", "1.5b", "3b", "7b"], (size) => ({
        id: `Qwen/Qwen2.5-${size.replace("b", "B")}`,
      })),
      ...sizes("qwen3-", ["0.6b", "1.7b", "4b", "8b"], (size) => ({
        id: `Qwen/Qwen3-${size.replace("b", "B")}`,
      })),
      ...sizes("llama-3.2-", ["1b", "3b"], (size) => ({
        id: `meta-llama/Llama-3.2-${size.replace("b", "B")}`,
      })),
      ["llama-3-8b", { id: "meta-llama/Meta-Llama-3-8B" }],
      ["llama-3.1-8b", { id: "meta-llama/Llama-3.1-8B" }],
      ["llama-2-7b", { id: "meta-llama/Llama-2-7b-hf" }],
      ["llama-7b", { id: "huggyllama/llama-7b" }],
      ["tinyllama-1.1b", { id: "TinyLlama/TinyLlama-1.1B-Chat-v1.0" }],
      ["mistral-7b", { id: "mistralai/Mistral-7B-v0.1" }],
      ["phi-1", { id: "microsoft/phi-1" }],
      ["phi-1.5", { id: "microsoft/phi-1_5" }],
      ["phi-2", { id: "microsoft/phi-2" }],
      ["gemma-2-2b", { id: "google/gemma-2-2b" }],
    ] as readonly (readonly [string, HubName])[]
  ).map(([name, to]) => [name.toLowerCase(), to]),
);

/** The hub's name for what a person typed, if it is a short name; upper and lower case are the same. */
export function hubName(typed: string): HubName | null {
  return HUB_NAMES.get(typed.toLowerCase()) ?? null;
}
