/** @file `lens`: what the residual stream of each layer would predict, and what each part adds to the target's logit. */
import { InputError } from "../../base/errors.ts";
import { checkCanRun } from "../common/canRun.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { LensResult } from "./result.ts";
import type { Backend, Trace } from "../../base/backend.ts";
import { rowsPerRun } from "../../runtime/chunks.ts";
import { prepare, type Session } from "../../runtime/prepare.ts";
import { chunksOf } from "../../interventions/chunks.ts";
import { lensResultOf } from "./buildResult.ts";
import { looksAt, probabilitiesOf, type LensLook } from "./lensLook.ts";
import type { LensSeen, StreamLook } from "./lensSeen.ts";
import { lensRows, type LensRows } from "./lensRows.ts";
import { LENS_OPTIONS, lensPlan, type LensOptions } from "./plan.ts";
import { LENS_INPUTS, lensPrograms, type LensPrograms } from "./lensPrograms.ts";
import { takeRows } from "../../interventions/rows.ts";
import { checkOptionNames } from "../../base/optionNames.ts";
import { byteSize } from "../../base/byteSize.ts";

/**
 * Logit lens and direct logit attribution on repeated rows, or on texts.
 *
 * Lens: logits[layer] = unembed(ln_final(residual stream before the layer)), the norm's scale recomputed for each stream.
 * Attribution: part . d / scale, with d the target's column of W_U times the norm's gain (centred where the norm centres)
 * and the scale that of the whole stream, frozen; parts are embeddings, heads, attention biases, MLPs, and the biases of
 * norm and unembedding, and sum to the logit; where logits are capped, to the logit before its cap.
 *
 * @returns a model that knows nothing has probability 1 / vocabulary and rank (vocabulary + 1) / 2
 * @throws {InputError} "study" for a model whose logits are not a product, "range" for positions without a target or too many
 * @throws {AbortError} between two runs once `signal` is aborted
 * @see TransformerLens `logit_attrs` and `accumulated_resid`; the direct logit effect of `measure`, which is centred
 */
export async function lens(model: LoadedModel, options: LensOptions = {}): Promise<LensResult> {
  checkOptionNames("lens", options, LENS_OPTIONS);
  checkCanRun("lens", model);
  const engine = await engineFor(model, options);
  const rows = await lensRows(model, options);
  const plan = lensPlan(rows, options);
  checkLogits(model, plan.positions.length);
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const programs = lensPrograms(model, plan.of);
    const result = await lensResultOf(
      model,
      backend,
      rows,
      { ...plan, softcap: programs.softcap },
      (take) => runLens(backend, programs, rows, plan.positions, options, take),
    );
    return { ...result, timings: { run: elapsed() } };
  });
}

/** Bytes that the logits of one row may take. */
const MOST_LOGITS = 2e9;

/** @throws {InputError} "range" for more positions than memory should hold, with how many it does */
function checkLogits({ architecture: { vocabulary } }: LoadedModel, count: number): void {
  const each = 4 * vocabulary;
  const most = Math.floor(MOST_LOGITS / each);
  if (count <= most) return;
  throw new InputError(
    "range",
    `the logits of ${count} positions take ${byteSize(count * each, "up")}; choose at most ${most} of them (\`positions\`)`,
    { option: "positions" },
  );
}

/** Runs all rows, a few at a time. */
export async function runLens(
  backend: Backend,
  programs: LensPrograms,
  rows: LensRows,
  positions: readonly number[],
  { signal, progress }: StudyOptions,
  take: (values: LensSeen) => void,
): Promise<void> {
  const { length, examples } = rows.info;
  const perRun = Math.min(
    rowsPerRun(programs.model, backend, length),
    rowsPerRun(programs.unembed, backend, positions.length),
  );
  const sizes = { batch: perRun, position: length, [LENS_INPUTS.positions]: positions.length };
  const model = await prepare(programs.model, backend, sizes);
  try {
    const unembed = await prepare(programs.unembed, backend, {
      batch: perRun,
      position: positions.length,
    });
    try {
      const step = "reading layers";
      const chunks = chunksOf(examples, perRun);
      const read = tensor(["position"], [positions.length], Int32Array.from(positions));
      const targets = chunks.map((chunk) => rows.targets(chunk, positions));
      const runs = chunks.map(
        (chunk, run) =>
          new Map([
            ["tokens", takeRows(rows.tokens, chunk)],
            [LENS_INPUTS.targets, targets[run]!],
            [LENS_INPUTS.positions, read],
          ]),
      );
      await model.pass(
        runs,
        async (trace, run) => {
          const chunk = chunks[run]!;
          const first = chunk[0]!;
          const looks = await lookAtStreams(unembed, programs, trace, targets[run]!, first);
          const parts = new Map(programs.parts.map(({ name, value }) => [name, trace.get(value)!]));
          take({ first, targets: targets[run]!, ...looks, parts });
          progress?.(step, chunk.at(-1)! + 1, examples);
        },
        { signal, progress, step },
      );
    } finally {
      await unembed.close();
    }
  } finally {
    await model.close();
  }
}

/** The logits of one stream after the other, of which looks are kept: those of all together are as large as a model. */
async function lookAtStreams(
  session: Session,
  { streams, stream, uncapped }: LensPrograms,
  trace: Trace,
  targets: Tensor<Int32Array>,
  first: number,
): Promise<Pick<LensSeen, "streams" | "uncapped">> {
  const all: StreamLook[] = [];
  let last: readonly LensLook[] = [];
  for (const name of streams) {
    const outputs = await session.run(new Map([[stream, trace.get(name)!]]));
    const logits = outputs.get("logits")!;
    const looks = looksAt(logits, targets);
    const probabilities = first === 0 ? probabilitiesOf(logits, targets.shape[1]! - 1) : null;
    all.push({ looks, probabilities });
    if (name === streams.at(-1))
      last = uncapped === "logits" ? looks : looksAt(outputs.get(uncapped)!, targets);
  }
  return { streams: all, uncapped: last };
}
