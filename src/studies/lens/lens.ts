/** @file `lens`: what the residual stream of each layer would predict, and what each part adds to the target's logit. */
import { engineFor } from "../../runtime/engineFor.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { InputError, throwIfAborted } from "../../base/errors.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import type { LensResult } from "./result.ts";
import type { Backend, Trace } from "../../base/backend.ts";
import { rowsPerRun } from "../../runtime/chunks.ts";
import { prepare, type Session } from "../../runtime/prepare.ts";
import { turn } from "../../runtime/turn.ts";
import {
  generatedRows,
  ownRows,
  type GeneratedInput,
  type OwnTokens,
  type RepeatedRows,
} from "../../inputs/scoreInput.ts";
import { chunksOf } from "../../interventions/baseRun.ts";
import { lensResultOf } from "./buildResult.ts";
import { LENS_INPUTS, lensPrograms, type LensPrograms } from "./lensPrograms.ts";
import { PAIR_EXAMPLES } from "../../inputs/pair.ts";
import { takeRows } from "../../interventions/rows.ts";

export interface LensOptions extends GeneratedInput, StudyOptions {
  readonly own?: OwnTokens | undefined;
  /** Positions to read, in the second copy; left out: all of it. */
  readonly positions?: readonly number[] | undefined;
  /** Left out: logit. */
  readonly of?: "logit" | "centred-logit" | undefined;
  /** Probability at which a layer's most likely token counts as settled; left out: .5. */
  readonly threshold?: number | undefined;
  /** Most likely tokens to list for each layer; left out: 5. */
  readonly topK?: number | undefined;
}

/** What the lens sees of some rows; each call has the rows from `first` on. */
export interface LensSeen {
  readonly first: number;
  /** [batch, position], the token after the earlier copy of each position's. */
  readonly targets: Tensor<Int32Array>;
  /** By stream, the first layer's first: [batch, position, d_vocab]. */
  readonly logits: readonly Tensor[];
  /** By part name: [batch, position] or, for `heads LAYER`, [batch, position, head]. */
  readonly parts: ReadonlyMap<string, Tensor>;
}

/**
 * Logit lens and direct logit attribution on repeated rows.
 *
 * Lens: logits[layer] = unembed(ln_final(residual stream before the layer)), the norm's scale recomputed for each stream.
 * Attribution: part . d / scale, with d the target's column of W_U times the norm's gain (centred where the norm centres)
 * and the scale that of the whole stream, frozen; parts are embeddings, heads, attention biases, MLPs, and the biases of
 * norm and unembedding, and sum to the logit.
 *
 * @returns a model that knows nothing has probability 1 / vocabulary and rank (vocabulary + 1) / 2
 * @throws {InputError} "lens" for a model whose logits are no product, "range" for positions outside the second copy
 * @throws {AbortError} between two runs once `signal` is aborted
 * @see TransformerLens `logit_attrs` and `accumulated_resid`; the direct logit effect of `measure`, which is centred
 */
export async function lens(model: LoadedModel, options: LensOptions = {}): Promise<LensResult> {
  const backend = await engineFor(model, options);
  const rows = options.own
    ? await ownRows(model.architecture, options.own)
    : generatedRows(model.architecture, { numExamples: PAIR_EXAMPLES, ...options });
  const positions = lensPositions(rows, options.positions);
  const { of = "logit" } = options;
  await model.unchanged();
  const started = performance.now();
  const programs = lensPrograms(model.program, model.architecture, of);
  const result = await lensResultOf(model, backend, rows, positions, { ...options, of }, (take) =>
    lensRuns(backend, programs, rows, positions, options, take),
  );
  await model.unchanged();
  return { ...result, timings: { run: performance.now() - started } };
}

/** @throws {InputError} "range" */
function lensPositions(
  { start, period }: RepeatedRows,
  asked: readonly number[] | undefined,
): number[] {
  const first = start + period;
  const wrong = asked?.find(
    (position) => !(Number.isInteger(position) && position >= first && position < first + period),
  );
  if (wrong !== undefined)
    throw new InputError(
      "range",
      `the lens reads positions of the second copy, ${first} to ${first + period - 1}, got ${wrong}`,
    );
  return asked ? [...asked] : Array.from({ length: period }, (_, offset) => first + offset);
}

/** Runs all rows, a few at a time. */
export async function lensRuns(
  backend: Backend,
  programs: LensPrograms,
  rows: RepeatedRows,
  positions: readonly number[],
  { signal, progress }: Pick<LensOptions, "signal" | "progress">,
  take: (seen: LensSeen) => void,
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
      for (const chunk of chunksOf(examples, perRun)) {
        throwIfAborted(signal);
        const targets = lensTargets(rows, chunk, positions);
        const trace = await model.run(
          new Map([
            ["tokens", takeRows(rows.tokens, chunk)],
            [LENS_INPUTS.targets, targets],
            [
              LENS_INPUTS.positions,
              tensor(["position"], [positions.length], Int32Array.from(positions)),
            ],
          ]),
        );
        const logits = await unembedded(unembed, programs, trace);
        const parts = new Map(programs.parts.map(({ name, value }) => [name, trace.get(value)!]));
        take({ first: chunk[0]!, targets, logits, parts });
        progress?.("reading layers", chunk.at(-1)! + 1, examples);
        await turn();
      }
    } finally {
      await unembed.dispose();
    }
  } finally {
    await model.dispose();
  }
}

async function unembedded(
  session: Session,
  { streams, stream }: LensPrograms,
  trace: Trace,
): Promise<Tensor[]> {
  const logits: Tensor[] = [];
  for (const name of streams) {
    const made = await session.run(new Map([[stream, trace.get(name)!]]));
    logits.push(made.get("logits")!);
  }
  return logits;
}

/** The token after the earlier copy: of position p, token p + 1 - period. */
function lensTargets(
  { tokens, period }: RepeatedRows,
  chunk: readonly number[],
  positions: readonly number[],
): Tensor<Int32Array> {
  const length = tokens.shape[1]!;
  const ids = chunk.flatMap((row) =>
    positions.map((position) => tokens.data[row * length + position + 1 - period]!),
  );
  return tensor(["batch", "position"], [chunk.length, positions.length], Int32Array.from(ids));
}
