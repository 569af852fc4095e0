/** @file The architecture card: what a model is, read off its configuration and its Program; nothing is run. */
import { InputError } from "../../base/errors.ts";
import { DEFAULTS } from "../../inputs/scoreInput.ts";
import { ATTENTION_SCORES } from "../../measure/attentionTables.ts";
import { checkIsModel } from "../../models/checkIsModel.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { beginResult } from "../../results/beginResult.ts";
import { planMemory } from "../../runtime/memory.ts";
import type { Tokenizer } from "../../text/tokenizer/tokenizer.ts";
import { architectureInfoOf } from "../common/architectureInfo.ts";
import { canRun, MODEL_STUDIES, type ModelStudy } from "../common/canRun.ts";
import { studyOnModel } from "../common/onStacks.ts";
import { scoreProgram, SCORE_VALUES } from "../score/scoreProgram.ts";
import { parametersOf } from "./parameters.ts";
import type { ModelCard } from "./result.ts";

/**
 * What `info` says: sizes, attention layer by layer, norms, experts, parameters, bytes, tokenizer, BOS, and which studies can
 * run. No weights are read, so a model that was opened with `factsOnly` serves.
 *
 * @returns parameters as numbers of weights that the forward pass reads, a tied unembedding once; bytes of memory as planned
 *   before a session is made (see `planMemory`)
 */
export async function modelCard(model: LoadedModel): Promise<ModelCard> {
  checkIsModel("modelCard", model);
  const { id, revision, sha256, architecture } = model;
  const { family, layers, heads, kvHeads } = architecture;
  const { modelType, sizes, ...parts } = architectureInfoOf(architecture);
  const text = await tokenizerOf(model);
  return {
    ...beginResult("induction-lens/info@1"),
    model: { id, revision, sha256: sha256 || null, family, modelType },
    sizes: { layers, heads, kvHeads, ...sizes },
    ...parts,
    stacks: architecture.stacks ? [...architecture.stacks] : null,
    scan: architecture.scan
      ? { ...architecture.scan, layers: [...architecture.scan.layers] }
      : null,
    reaches: architecture.mask === "none" ? [...(architecture.reaches ?? [])] : null,
    parameters: parametersOf(model),
    bytes: { disk: model.sizeBytes ?? null, memory: memoryOf(model) },
    tokenizer: describe(text),
    bos: bosOf(model, text.tokenizer),
    notices: [...(model.notices ?? [])],
    studies: Object.fromEntries(MODEL_STUDIES.map((study) => [study, reasonOf(study, model)])),
  };
}

/** A command runs what stands in for its study on models of stacks. */
function reasonOf(study: ModelStudy, model: LoadedModel): string | null {
  return canRun(studyOnModel(study, model), model);
}

/** Of the score program (of a model with several stacks, of the model itself) with one row of the default length, by kind of engine. */
function memoryOf({ program, architecture }: LoadedModel): ModelCard["bytes"]["memory"] {
  const withLoss = program.absent?.["logits"] === undefined;
  const measures = ATTENTION_SCORES.length;
  const scored = architecture.stacks
    ? program
    : scoreProgram(program, architecture, { measures, withLoss });
  const tokens = Math.min(DEFAULTS.seqLen, architecture.contextLength);
  const sizes = { batch: 1, position: tokens, source: tokens, [SCORE_VALUES.lossRows]: 1 };
  return {
    tokens,
    cpu: planMemory(scored, { mapsFiles: true }, sizes),
    wasm: planMemory(scored, { mapsFiles: false }, sizes),
  };
}

type FoundTokenizer = { readonly tokenizer: Tokenizer | null; readonly none: string | null };

const NO_TOKENIZER =
  "its files have none that is read: no tokenizer.json, no vocab.json with merges.txt, no tokenizer.model, spiece.model or vocab.txt, no meta.pkl beside a ckpt.pt, none in a GGUF";

/** A tokenizer that cannot be used is none, with the reason. */
async function tokenizerOf(model: LoadedModel): Promise<FoundTokenizer> {
  try {
    const tokenizer = await model.tokenizer();
    return { tokenizer, none: tokenizer ? null : NO_TOKENIZER };
  } catch (error) {
    if (error instanceof InputError) return { tokenizer: null, none: error.message };
    throw error;
  }
}

function describe({ tokenizer, none }: FoundTokenizer): ModelCard["tokenizer"] {
  const [description, vocabulary] = [tokenizer?.description, tokenizer?.vocabSize];
  return { description: description ?? null, vocabulary: vocabulary ?? null, none };
}

function bosOf({ architecture }: LoadedModel, tokenizer: Tokenizer | null): ModelCard["bos"] {
  const { bosToken, bos } = architecture;
  const rows =
    bos?.reason ??
    (bosToken === null
      ? "the configuration declares no bos_token_id"
      : `the configuration declares bos_token_id ${bosToken}`);
  const text = tokenizer && {
    id: tokenizer.bos.id,
    added: tokenizer.bos.addToText,
    why: tokenizer.bos.why,
  };
  return { rows: { id: bosToken, why: rows }, text };
}
