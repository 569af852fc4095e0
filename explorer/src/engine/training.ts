/** @file Training in the engine's thread: the library's own run, told step by step, with the pattern of every head. */
import { changePoint, repeatedTokens } from "induction-lens/measure";
import {
  checkpointFiles,
  recipeFrom,
  train,
  type Recipe,
  type TrainingStep,
} from "induction-lens/train";
import {
  loadFiles,
  openEngine,
  runModel,
  type Backend,
  type NamedBlob,
} from "induction-lens/browser";
import type { AnswerOptions } from "./answerOptions.ts";
import type { Held } from "./held.ts";
import type { LabCheckpoint, LabEvent, Requests } from "./protocol.ts";

const CHECKPOINTS = 40;
/** Tokens in one copy of the sequence that patterns are drawn on. */
const PERIOD = 8;

/** Trains until the recipe ends or nobody waits any more; what was told before stays good. */
export async function trainModel(
  { seed, steps }: Requests["train"]["args"],
  _: Held,
  { signal, progress, tell }: AnswerOptions,
): Promise<Requests["train"]["answer"]> {
  const recipe = recipeFrom({ seed, steps, logEvery: 25, checkpoints: CHECKPOINTS });
  progress("loading the engine", 0, 1);
  const threads = globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
  const backend = await openEngine({ device: "wasm", threads });
  const started = performance.now();
  for await (const step of train(recipe, { backend })) {
    if (step.scores) tell(await event(step, recipe, backend, performance.now() - started));
    if (signal.aborted) break;
  }
  return { recipe };
}

async function event(
  step: TrainingStep,
  recipe: Recipe,
  backend: Backend,
  milliseconds: number,
): Promise<LabEvent> {
  return {
    step: step.step,
    tokens: step.tokens,
    loss: step.loss,
    scores: step.scores!,
    milliseconds,
    checkpoint: step.isCheckpoint ? await checkpoint(step, recipe, backend) : null,
  };
}

/** The model of a step: its files, and where each head attends on a short sequence that repeats. */
async function checkpoint(
  step: TrainingStep,
  recipe: Recipe,
  backend: Backend,
): Promise<LabCheckpoint> {
  const contents = checkpointFiles(recipe, step.weights());
  const files: NamedBlob[] = [...contents].map(([name, content]) => ({
    name,
    blob: new Blob([content as BlobPart]),
  }));
  const model = await loadFiles(files);
  const { layers, heads, vocabulary } = model.architecture;
  const ordinary = Int32Array.from({ length: vocabulary }, (_, id) => id);
  const { tokens } = repeatedTokens({ seed: 0, examples: 1, period: PERIOD, bos: null, ordinary });
  const length = 2 * PERIOD;
  const patterns = new Float32Array(layers * heads * length * length);
  const names = Array.from({ length: layers }, (_, layer) => `blocks.${layer}.attn.hook_pattern`);
  await runModel(model, {
    backend,
    tokens: [[...tokens.data]],
    names,
    receive: ({ name }, _, { data }) => {
      patterns.set(data, names.indexOf(name) * data.length);
    },
  });
  return { files, patterns, layers, heads, length };
}

/** Where a curve changes, if it does. */
export async function changeIn({
  steps,
  values,
}: Requests["change"]["args"]): Promise<Requests["change"]["answer"]> {
  const { change, p } = changePoint(steps, values);
  return { step: change?.step ?? null, interval: change?.interval ?? null, p };
}
