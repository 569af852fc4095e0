/** @file What every head writes towards the right token, straight into the logits, on repeated rows. */
import type { Backend } from "../base/backend.ts";
import { throwIfAborted } from "../base/errors.ts";
import type { Progress } from "../base/progress.ts";
import { tensor, type Tensor } from "../base/tensor.ts";
import { builder } from "../graph/builder.ts";
import { slice } from "../graph/edits/slice.ts";
import type { Program } from "../graph/program.ts";
import type { RepeatedRows } from "../inputs/scoreInput.ts";
import { secondCopyQueries } from "../inputs/secondCopyQueries.ts";
import { anatomy } from "../models/anatomy/anatomy.ts";
import { isMissing } from "../models/anatomy/programAnatomy.ts";
import type { Model } from "../models/family.ts";
import { headsIn } from "../models/headCounts.ts";
import { rowsPerRun } from "../runtime/chunks.ts";
import { prepare } from "../runtime/prepare.ts";
import { turn } from "../runtime/turn.ts";
import { chunksOf } from "./chunks.ts";
import { backThroughPassage } from "./passages.ts";
import { takeRows } from "./rows.ts";
import { copiedTargets, LENS_INPUTS, targetDirections } from "./targetDirections.ts";

/** By layer and head: one number per row, logits. */
export type DirectEffects = readonly (readonly Float64Array[])[];

interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: Progress | undefined;
}

const valueName = (layer: number) => `direct_effect.${layer}`;

/**
 * The direct logit effect of every head on the token that induction predicts, on each row.
 *
 * effect[row, head] = mean over queries p of the second copy (start + S ... start + 2S - 2) of
 * z[p, head] W_O[head] . d[p + 1], with d[t] how the residual stream raises the logit of t less the mean logit, the final norm
 * (and one behind the head, where there is one) frozen at the row's own scale. Biases are left out.
 *
 * @returns logits, above 0 for heads that copy; in expectation 0 for a head that writes at random. Or why a model has none
 * @throws {AbortError} between two runs once `signal` is aborted
 * @see `directLogitEffect` of `measure`, the same on arrays; TransformerLens' `logit_attrs`, which is not centred
 */
export async function directEffects(
  model: Pick<Model, "program" | "architecture">,
  backend: Backend,
  rows: RepeatedRows,
  { signal, progress }: RunOptions = {},
): Promise<DirectEffects | string> {
  const program = directEffectProgram(model);
  if (typeof program === "string") return program;
  const { architecture } = model;
  const { length, examples } = rows.info;
  const positions = Int32Array.from(secondCopyQueries(rows));
  const effects = Array.from({ length: architecture.layers }, (_, layer) =>
    Array.from({ length: headsIn(architecture, layer) }, () => new Float64Array(examples)),
  );
  const perRun = rowsPerRun(program, backend, length);
  const sizes = { batch: perRun, position: length, [LENS_INPUTS.positions]: positions.length };
  const session = await prepare(program, backend, sizes);
  try {
    const at = tensor(["position"], [positions.length], positions);
    for (const chunk of chunksOf(examples, perRun)) {
      throwIfAborted(signal);
      const trace = await session.run(
        new Map<string, Tensor | Tensor<Int32Array>>([
          ["tokens", takeRows(rows.tokens, chunk)],
          [LENS_INPUTS.targets, copiedTargets(rows, chunk, positions)],
          [LENS_INPUTS.positions, at],
        ]),
      );
      effects.forEach((layer, index) => keep(layer, trace.get(valueName(index))!, chunk[0]!));
      progress?.("direct effects", chunk.at(-1)! + 1, examples);
      await turn();
    }
  } finally {
    await session.close();
  }
  return effects;
}

/** Outputs `direct_effect.LAYER`, [batch, head]; or why there are none. */
function directEffectProgram({
  program,
  architecture,
}: Pick<Model, "program" | "architecture">): Program | string {
  const { end, layers } = anatomy(program, architecture);
  if (isMissing(end)) return end.missing;
  const b = builder(program);
  const { direction, at } = targetDirections(b, end, architecture.vocabulary, "centred-logit");
  for (const [layer, { attention }] of layers.entries()) {
    const { projection, z } = attention;
    if (isMissing(projection)) return projection.missing;
    const own = end.summands.find(({ of }) => of.kind === "attention" && of.layer === layer);
    if (!own) return `what attention of layer ${layer} writes does not reach the end as a sum`;
    const direct = backThroughPassage(b, direction, own.passage, at);
    const axes = ["batch", "position", "head"];
    const read = b.contract(direct, projection.weight, [...axes, "d_head"]);
    const product = b.contract(at(z), read, axes);
    b.op("mean", [product], { axes: ["position"] }, valueName(layer));
  }
  const outputs = layers.map((_, layer) => valueName(layer));
  return slice(b.program(outputs, program.limits), { outputs });
}

function keep(layer: readonly Float64Array[], { data, shape }: Tensor, first: number): void {
  const [rows, heads] = shape as readonly [number, number];
  for (let row = 0; row < rows; row++)
    layer.forEach((values, head) => (values[first + row] = data[row * heads + head]!));
}
