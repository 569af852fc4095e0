/** @file How far the mean output of one head brings back a task that shuffled examples hide: function-vector scores. */
import { throwIfAborted } from "../../base/errors.ts";
import type { Progress } from "../../base/progress.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import type { HeadAt } from "../../base/headName.ts";
import type { AskedRow, LastTokenRuns } from "../../interventions/lastTokenRuns.ts";
import { fewShotPrompts, type FewShotSource, type FewShotTask } from "./prompts.ts";

/** Prompts of one task. */
export interface TaskPrompts {
  /** Their means are patched in. */
  readonly clean: readonly AskedRow[];
  /** With shuffled answers: what is asked. */
  readonly shuffled: readonly AskedRow[];
}

export interface FunctionVectors {
  /** By layer and head: the gain in each shuffled prompt, task by task. */
  readonly gains: readonly (readonly Float64Array[])[];
  /** Probability of the right answer in each shuffled prompt, nothing patched. */
  readonly before: readonly number[];
  /** By layer, axes [head, d_head]: mean over clean prompts, and then over tasks. */
  readonly means: readonly Tensor[];
}

/** Prompts of a task for scores, of words that no test with these scores has. */
export function taskPrompts(
  source: FewShotSource,
  task: FewShotTask,
  { clean, shuffled }: Readonly<Record<keyof TaskPrompts, number>>,
): TaskPrompts {
  return {
    clean: fewShotPrompts(source, task, { half: "scored", count: clean, stream: 1 }),
    shuffled: fewShotPrompts(source, task, {
      ...{ half: "scored", count: shuffled, stream: 2, shuffled: true },
    }),
  };
}

/**
 * Function-vector score of every head.
 *
 * gain[h, prompt] = P(answer | z_h at the last token is its mean over clean prompts of the same task) - P(answer), on prompts whose
 * examples have shuffled answers; the score of a head is the mean over prompts.
 *
 * @returns from -1 to 1; 0 for a head that puts out the same in both, or that nothing reads
 * @throws {AbortError} between two prompts once `signal` is aborted
 * @see Todd et al. 2024 (arXiv:2310.15213), average indirect effect; Yin & Steinhardt 2025 (arXiv:2502.14010). Differs from
 *   theirs: words and answers are single tokens, tasks are five small ones
 */
export async function functionVectors(
  runs: LastTokenRuns,
  heads: readonly HeadAt[],
  tasks: readonly TaskPrompts[],
  {
    signal,
    progress,
  }: { readonly signal?: AbortSignal | undefined; readonly progress?: Progress | undefined },
): Promise<FunctionVectors> {
  const total = tasks.reduce((sum, { clean, shuffled }) => sum + clean.length + shuffled.length, 0);
  let done = 0;
  const advance = () => {
    progress?.("patching function vectors", ++done, total);
    throwIfAborted(signal);
  };
  const changes = [[], ...heads.map((head) => [head])];
  const before: number[] = [];
  const byHead = heads.map((): number[] => []);
  const taskMeans: (readonly Tensor[])[] = [];
  for (const { clean, shuffled } of tasks) {
    const outputs: (readonly Tensor[])[] = [];
    for (const { tokens } of clean) {
      outputs.push(await runs.outputs(tokens));
      advance();
    }
    const means = meanOutputs(outputs);
    taskMeans.push(means);
    for (const row of shuffled) {
      const [unchanged, ...patched] = await runs.answers(row, changes, means);
      before.push(unchanged!.probability);
      patched.forEach(({ probability }, at) =>
        byHead[at]!.push(probability - unchanged!.probability),
      );
      advance();
    }
  }
  const gains: Float64Array[][] = [];
  heads.forEach(({ layer, head }, at) => {
    (gains[layer] ??= [])[head] = Float64Array.from(byHead[at]!);
  });
  return { gains, before, means: meanOutputs(taskMeans) };
}

/** The mean of outputs, layer by layer, summed in float64. */
function meanOutputs(outputs: readonly (readonly Tensor[])[]): Tensor[] {
  return outputs[0]!.map(({ axes, shape }, layer) => {
    const sums = new Float64Array(outputs[0]![layer]!.data.length);
    for (const layers of outputs)
      layers[layer]!.data.forEach((value, entry) => (sums[entry]! += value));
    return tensor(
      axes,
      shape,
      Float32Array.from(sums, (sum) => sum / outputs.length),
    );
  });
}
