/** @file What one checkpoint of a run shows: attention, losses, copying, and the composition of the pairs that matter. */
import { mean } from "../../measure/mean.ts";
import { canRun, checkCanRun } from "../common/canRun.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import { ATTENTION_SCORES } from "../../measure/attentionTables.ts";
import { composition, type HeadWeights } from "../../measure/composition.ts";
import { copyLosses, olssonInContextScore } from "../../measure/losses.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { PhaseHead } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { scoredRowsPerRun } from "../../runtime/chunks.ts";
import { prepare, type Session } from "../../runtime/prepare.ts";
import { turn } from "../../runtime/turn.ts";
import { circuitShares } from "../../interventions/circuitShares.ts";
import { embeddingProducts, hasEffective } from "../../interventions/embeddingProducts.ts";
import { matrixOfHead } from "../../interventions/matrixOfHead.ts";
import { headMatrices, type HeadMatrices } from "../../interventions/headMatrices.ts";
import type { RepeatedRows } from "../../inputs/scoreInput.ts";
import { scoreProgram, SCORE_VALUES } from "../score/scoreProgram.ts";
import { measureRows, type MeasureOptions } from "../score/score.ts";
import type { FollowedStrategy } from "../../measure/contextStrategies.ts";
import type { MarkovRows } from "../../text/patterns/markovRows.ts";
import { checkpointStrategies } from "./checkpointStrategies.ts";
import { OLSSON_POSITIONS } from "./textWindows.ts";

export interface CheckpointRows {
  readonly repeated: RepeatedRows;
  /** The same rows without their repetition; null for the user's own rows. */
  readonly control: RepeatedRows | null;
  /** Windows of the user's text, axes [batch, position]. */
  readonly text: Tensor<Int32Array> | null;
  /** Rows of random Markov chains; null: not asked for. */
  readonly chains: MarkovRows | null;
}

export interface CheckpointNumbers {
  /** [layer][head]. */
  readonly induction: number[][];
  readonly control: number[][] | null;
  readonly previousToken: number[][];
  /** Null where heads have no queries, keys and values that are products of the stream. */
  readonly copying: (number | null)[][] | null;
  readonly firstCopy: number;
  readonly secondCopy: number;
  /** On the text, where there is one. */
  readonly icl: TextLosses | null;
  /** In random Markov chains, where it is asked for. */
  readonly strategies: FollowedStrategy | null;
  /** By layer, as far as they were asked for. */
  readonly weights: ReadonlyMap<number, HeadMatrices>;
}

/** Mean losses at the early and the late position, nats, and their difference. */
export interface TextLosses {
  readonly early: number;
  readonly late: number;
  readonly olsson: number;
}

/**
 * @param keep layers whose weights are given back, for composition; null: all
 * @throws {AbortError} between two runs once `signal` is aborted
 */
export async function measureCheckpoint(
  model: LoadedModel,
  backend: Backend,
  { repeated, control, text, chains }: CheckpointRows,
  {
    keep,
    signal,
  }: { readonly keep: ReadonlySet<number> | null; readonly signal?: AbortSignal | undefined },
): Promise<CheckpointNumbers> {
  checkCanRun("phase", model);
  const { architecture } = model;
  const program = scoreProgram(model.program, architecture, {
    measures: ATTENTION_SCORES.length,
    withLoss: true,
  });
  const { length, examples } = repeated.info;
  const longest = Math.max(length, text?.shape[1] ?? 0);
  const perRun = scoredRowsPerRun(program, backend, longest);
  const sizes = { batch: perRun, position: longest, [SCORE_VALUES.lossRows]: perRun };
  const session = await prepare(program, backend, sizes);
  const options = { architecture, signal };
  try {
    const { scores, losses } = await measureRows(session, repeated, {
      ...options,
      lossExamples: examples,
    });
    const without =
      control && (await measureRows(session, control, { ...options, lossExamples: 1 }));
    const copies = copyLosses(losses!, repeated);
    return {
      induction: scores.map((layer) => layer.map((head) => mean(head.induction))),
      control: without && without.scores.map((layer) => layer.map((head) => mean(head.induction))),
      previousToken: scores.map((layer) => layer.map((head) => mean(head.previousToken))),
      firstCopy: mean(copies.firstCopy),
      secondCopy: mean(copies.secondCopy),
      icl: text && (await textLosses(session, text, options)),
      strategies: chains && (await checkpointStrategies(model, backend, chains)),
      ...(await weightMeasures(model, backend, keep)),
    };
  } finally {
    await session.close();
  }
}

/** The session of the scores also has the losses of any rows; as rows that repeat they are not looked at. */
async function textLosses(
  session: Session,
  tokens: Tensor<Int32Array>,
  options: Pick<MeasureOptions, "architecture" | "signal">,
): Promise<TextLosses> {
  const [lossExamples, length] = tokens.shape as readonly [number, number];
  const rows = { tokens, start: 0, period: Math.floor(length / 2) };
  const { losses } = await measureRows(session, rows, { ...options, lossExamples });
  const at = (position: number) =>
    mean(
      Float64Array.from(
        { length: lossExamples },
        (_, row) => losses!.data[row * length + position]!,
      ),
    );
  return {
    early: at(OLSSON_POSITIONS.early),
    late: at(OLSSON_POSITIONS.late),
    olsson: mean(olssonInContextScore(losses!, OLSSON_POSITIONS)),
  };
}

/** Copying of every head by the full OV circuit, with the effective embedding where layer 0 has an MLP. */
async function weightMeasures(
  model: LoadedModel,
  backend: Backend,
  keep: ReadonlySet<number> | null,
) {
  const { layers } = model.architecture;
  if (canRun("circuit", model) !== null)
    return { copying: null, weights: new Map<number, HeadMatrices>() };
  const kind = hasEffective(model) ? "effective" : "raw";
  const products = await embeddingProducts(model, backend, kind);
  const first = await headMatrices(model, backend, 0);
  const shares = await circuitShares(backend, first);
  const copying: (number | null)[][] = [];
  const weights = new Map<number, HeadMatrices>();
  try {
    for (let layer = 0; layer < layers; layer++) {
      const matrices = layer === 0 ? first : await headMatrices(model, backend, layer);
      copying.push(await shares.of(matrices, "ov", products.copying));
      if (keep?.has(layer) ?? true) weights.set(layer, matrices);
      await turn();
    }
    return { copying, weights };
  } finally {
    await shares.close();
  }
}

/** K- and Q-composition of a pair of heads from the weights of their layers, 0 if one of them is zero; null where weights are not known. */
export function pairComposition(
  weights: ReadonlyMap<number, HeadMatrices>,
  previous: PhaseHead,
  induction: PhaseHead,
): { readonly k: number; readonly q: number } | null {
  if (!weights.has(previous.layer) || !weights.has(induction.layer)) return null;
  const [earlier, later] = [previous, induction].map((head) =>
    weightsOf(weights.get(head.layer)!, head.head),
  ) as [HeadWeights, HeadWeights];
  return { k: composition(earlier, later, "k") ?? 0, q: composition(earlier, later, "q") ?? 0 };
}

function weightsOf({ query, key, value, output }: HeadMatrices, head: number): HeadWeights {
  return {
    query: matrixOfHead(query, head),
    key: matrixOfHead(key, head),
    value: matrixOfHead(value, head),
    output: transposeMatrix(matrixOfHead(output, head)),
  };
}

/** [d_model, d_head] as [d_head, d_model]. */
function transposeMatrix({ shape, data }: Tensor): Tensor {
  const [rows, columns] = shape as readonly [number, number];
  const transpose = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      transpose[column * rows + row] = data[row * columns + column]!;
  return tensor(["d_head", "d_model"], [columns, rows], transpose);
}
