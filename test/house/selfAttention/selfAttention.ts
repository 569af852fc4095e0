import { throwIfAborted } from "../../../src/base/errors.ts";
import { finishedOnce, type ResumeLog } from "../../../src/base/resumeLog.ts";
import type { Tensor } from "../../../src/base/tensor.ts";
import { slice } from "../../../src/graph/edits/slice.ts";
import { generatedRows, type GeneratedInput } from "../../../src/inputs/scoreInput.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import { engineFor } from "../../../src/runtime/engineFor.ts";
import { prepare } from "../../../src/runtime/prepare.ts";
import { environmentOf, modelInfoOf } from "../../../src/studies/common/about.ts";
import type { StudyOptions } from "../../../src/studies/common/studyOptions.ts";
import { beginResult } from "../../../src/results/beginResult.ts";
import type { SelfAttentionResult } from "./result.ts";

export interface SelfAttentionOptions extends GeneratedInput, StudyOptions {
  readonly log?: ResumeLog | undefined;
}

/** Mean over sequences and queries q of A[q, q], by layer and head. */
export async function selfAttention(
  model: LoadedModel,
  options: SelfAttentionOptions = {},
): Promise<SelfAttentionResult> {
  const backend = await engineFor(model, options);
  const { tokens, info, warnings } = generatedRows(model.architecture, options);
  const started = performance.now();
  const outputs = Array.from(
    { length: model.architecture.layers },
    (_, layer) => `blocks.${layer}.attn.hook_pattern`,
  );
  const session = await prepare(slice(model.program, { outputs }), backend);
  try {
    const weights = await finishedOnce(options.log, "weights", async () => {
      const patterns = await session.run(new Map([["tokens", tokens]]));
      return outputs.map((name) => diagonalMeans(patterns.get(name)!));
    });
    options.progress?.("looking", 1, 2);
    throwIfAborted(options.signal);
    return {
      ...beginResult("induction-lens/self-attention@1"),
      model: modelInfoOf(model),
      input: info,
      warnings: [...warnings],
      weights,
      environment: environmentOf(backend),
      timings: { run: performance.now() - started },
    };
  } finally {
    await session.close();
  }
}

/** By head. @param pattern axes [batch, head, query, key] */
function diagonalMeans({ shape, data }: Tensor): number[] {
  const [batch, heads, length] = shape as [number, number, number];
  return Array.from({ length: heads }, (_, head) => {
    let sum = 0;
    for (let row = 0; row < batch; row++)
      for (let query = 0; query < length; query++)
        sum += data[((row * heads + head) * length + query) * length + query]!;
    return sum / (batch * length);
  });
}
