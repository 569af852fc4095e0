/** @file `runWithCache`: logits and named values of one forward pass, in one call. */
import { InputError } from "../../base/errors.ts";
import { nearest } from "../../base/nearest.ts";
import { sizeOf, tensor, type Tensor } from "../../base/tensor.ts";
import type { Edit } from "../../graph/edits/hook.ts";
import type { Feeds } from "../../base/backend.ts";
import { checkIsModel } from "../../models/checkIsModel.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import type { ModelInputs } from "../../inputs/modelInputs.ts";
import { promptRows, type Prompt } from "../../inputs/promptRows.ts";
import type { BosChoice } from "../../inputs/scoreInput.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import { matchValues, programFor, runModel } from "./runModel.ts";
import { checkOptionNames, type OptionNames } from "../../base/optionNames.ts";

export interface RunWithCacheOptions extends StudyOptions {
  /**
   * Names of the values to keep, or globs in which `*` stands for any characters. Left out: every hook but
   * `attn.hook_result`.
   */
  readonly names?: string | readonly string[] | undefined;
  /** Changes of the model, done one after the other before it runs. */
  readonly edits?: readonly Edit[] | undefined;
  /** Values of inputs that edits added, by their names. */
  readonly feeds?: Feeds | undefined;
  /** Whether texts begin with BOS; left out: as the tokenizer's files ask. */
  readonly bos?: BosChoice | undefined;
}

export const RUN_WITH_CACHE_OPTIONS: OptionNames<RunWithCacheOptions> = {
  ...STUDY_OPTIONS,
  names: true,
  edits: true,
  feeds: true,
  bos: true,
};

/** Values of a run by hook name. */
export interface ActivationCache {
  readonly names: readonly string[];
  has(name: string): boolean;
  /** @throws {InputError} "unknown-value" for a value that was not kept, with near names */
  get(name: string): Tensor;
  [Symbol.iterator](): Iterator<[name: string, value: Tensor]>;
}

export interface CachedRun {
  /** Axes [batch, position, d_vocab], or [batch, class] of images; null for a model without an unembedding. */
  readonly logits: Tensor | null;
  readonly cache: ActivationCache;
  /** The ids that went in, a row for each sequence; of an encoder-decoder those of the decoder, [] where there are none. */
  readonly tokens: readonly (readonly number[])[];
}

const LOGITS = "logits";

/**
 * Runs a model once and keeps named values, as TransformerLens' `run_with_cache` does.
 *
 * ```js
 * const { logits, cache } = await runWithCache(model, "one two one", { names: "blocks.*.attn.hook_pattern" });
 * cache.get("blocks.1.attn.hook_pattern"); // {axes: ["batch", "head", "query", "key"], shape, data}
 * ```
 *
 * @param prompt text, texts of one length in tokens, ids, rows of ids of one length, or what a model of another kind reads
 * @returns logits and values as float32; axes have the names of the field (batch, position, head, query, key, d_model ...)
 * @throws {InputError} "unknown-value" for a name that the model does not have, "feed" for inputs that it does not read, "tokens" for ids outside the vocabulary or rows
 *   of unequal length, "tokenizer" for text and a model without a tokenizer, "range" for more tokens than the context
 * @throws {UnableError} if the values do not fit the memory: name fewer; @throws {AbortError} once `signal` is aborted
 */
export async function runWithCache(
  model: LoadedModel,
  prompt: Prompt | ModelInputs,
  options: RunWithCacheOptions = {},
): Promise<CachedRun> {
  checkIsModel("runWithCache", model);
  checkOptionNames("runWithCache", options, RUN_WITH_CACHE_OPTIONS);
  const { edits = [], names = "*", feeds, bos, signal, progress } = options;
  const backend = await engineFor(model, options);
  const inputs = isInputs(prompt)
    ? prompt
    : { tokens: (await promptRows(model, prompt, bos)).rows };
  const program = edits.reduce((edited, edit) => edit(edited), programFor(model, inputs));
  const valueNames = matchValues(program, [names].flat());
  const hasLogits = program.ops.some((op) => op.output === LOGITS);
  const values = new Map<string, Tensor>();
  await runModel(
    { ...model, program, seeing: undefined },
    {
      backend,
      inputs,
      names: [...new Set([...(hasLogits ? [LOGITS] : []), ...valueNames])],
      feeds,
      signal,
      progress,
      begin: async (captured) => {
        for (const { name, axes, shape } of captured)
          values.set(name, tensor(axes, shape, new Float32Array(sizeOf(shape))));
      },
      receive: ({ name, shape }, first, part) =>
        values.get(name)!.data.set(part.data, first * sizeOf(shape.slice(1))),
    },
  );
  const logits = values.get(LOGITS) ?? null;
  const chosenValues = new Map(valueNames.map((name) => [name, values.get(name)!]));
  return { logits, cache: cacheOf(chosenValues), tokens: inputs.tokens ?? inputs.decoder ?? [] };
}

function isInputs(prompt: Prompt | ModelInputs): prompt is ModelInputs {
  return typeof prompt === "object" && prompt !== null && !Array.isArray(prompt);
}

function cacheOf(values: ReadonlyMap<string, Tensor>): ActivationCache {
  const names = [...values.keys()];
  return {
    names,
    has: (name) => values.has(name),
    get(name) {
      const value = values.get(name);
      if (value) return value;
      const near = nearest(name, names);
      throw new InputError(
        "unknown-value",
        `the cache has no value ${name}${near.length > 0 ? `; near: ${near.join(", ")}` : ""}; name it in \`names\` to keep it`,
        { option: "names" },
      );
    },
    [Symbol.iterator]: () => values[Symbol.iterator](),
  };
}
