/** @file How far induction has come, measured during training on the same rows each time. */
import type { Tensor, TensorData } from "../base/tensor.ts";
import {
  ATTENTION_SCORE_VALUES,
  attentionTableFeeds,
  withAttentionScores,
} from "../graph/edits/withAttentionScores.ts";
import { SYMBOL_VALUES, withSymbolLogProbs } from "../graph/edits/withSymbolLogProbs.ts";
import { TOKEN_LOSS_VALUES, withTokenLoss } from "../graph/edits/withTokenLoss.ts";
import { prune, type Program } from "../graph/program.ts";
import {
  ATTENTION_SCORES,
  attentionTables,
  type AttentionScore,
} from "../measure/attentionTables.ts";
import { followedStrategy, type FollowedStrategy } from "../measure/contextStrategies.ts";
import { copyLosses } from "../measure/losses.ts";
import { lossesByToken, nextTokens } from "../measure/nextTokens.ts";
import { unpackScores } from "../measure/unpackScores.ts";
import { mean } from "../measure/mean.ts";
import type { Architecture, Model } from "../models/family.ts";
import type { Backend } from "../base/backend.ts";
import { prepare } from "../runtime/prepare.ts";
import { ordinaryTokens } from "../text/patterns/ordinaryTokens.ts";
import { markovRows } from "../text/patterns/markovRows.ts";
import { repeatedTokens } from "../text/patterns/repeatedTokens.ts";
import { PARAMETERS, trainable, type Parameter } from "./trainable.ts";

export interface BestHead {
  readonly layer: number;
  readonly head: number;
  readonly score: number;
}

/**
 * Means over 32 rows of random tokens twice in a row, as `score` defines them; losses in nats. Of an encoder-decoder `induction` is the
 * alignment of cross-attention, `previousToken` that of the encoder, and the copies are rows of which the encoder reads others
 * (first) and those that are to be written (second).
 */
export interface TrainingScores {
  readonly copyGain: number;
  readonly firstCopyLoss: number;
  readonly secondCopyLoss: number;
  readonly induction: readonly (readonly number[])[];
  readonly previousToken: readonly (readonly number[])[];
  readonly best: { readonly induction: BestHead; readonly previousToken: BestHead };
  /** How the model predicts on new rows of the kind that it trains on; null unless these are Markov chains. */
  readonly strategies: FollowedStrategy | null;
}

/** Rows, and tokens in one copy: fewer if the model has no room. Seed: far from those that people give, so that no training row is one of these. */
export const SCORED_ROWS = { rows: 32, period: 32, seed: 0x5c0e5 } as const;
const { rows: ROWS, period: PERIOD, seed: SEED } = SCORED_ROWS;

/** Measures parameters during training. */
export interface ScoreMeter {
  measure(vector: Tensor): Promise<TrainingScores>;
  close(): Promise<void>;
}

/**
 * Measures parameters during training.
 *
 * @param parameters their order, that of the train step
 * @param symbols of the Markov chains that the model trains on; null: it trains on something else
 */
export async function trainingScores(
  model: Model,
  parameters: readonly Parameter[],
  backend: Backend,
  symbols: number | null,
): Promise<ScoreMeter> {
  const { program, architecture } = model;
  const { contextLength, vocabulary, layers } = architecture;
  const period = Math.min(PERIOD, Math.floor(contextLength / 2), vocabulary);
  const { tokens } = repeatedTokens({
    seed: SEED,
    examples: ROWS,
    period,
    bos: null,
    ordinary: ordinaryTokens(vocabulary, []),
  });
  const length = 2 * period;
  const measured = trainable(scoresProgram(program, architecture), { parameters }).program;
  const session = await prepare(measured, backend, { batch: ROWS, position: length });
  const feeds = new Map([
    ["tokens", tokens],
    [TOKEN_LOSS_VALUES.targets, nextTokens(tokens)],
    ...attentionTableFeeds(attentionTables({ start: 0, period, length })),
  ] as [string, Tensor][]);
  const strategies =
    symbols === null ? null : await strategyReader(model, parameters, backend, symbols);
  return {
    async measure(vector: Tensor): Promise<TrainingScores> {
      const trace = await session.run(new Map([...feeds, [PARAMETERS, vector]]));
      const byLayer = Array.from({ length: layers }, (_, layer) =>
        trace.get(ATTENTION_SCORE_VALUES.scores(layer))!,
      );
      const losses = copyLosses(lossesByToken(trace.get(TOKEN_LOSS_VALUES.loss)!), {
        ...{ start: 0, period },
      });
      return {
        ...summary(byLayer, losses),
        strategies: strategies && (await strategies.measure(vector)),
      };
    },
    async close() {
      await session.close();
      await strategies?.close();
    },
  };
}

/** Compares the model with ways of counting on rows of chains that it was not trained on. */
async function strategyReader(
  { program, architecture: { contextLength, vocabulary } }: Model,
  parameters: readonly Parameter[],
  backend: Backend,
  symbols: number,
) {
  const { tokens, symbolTokens, chains } = markovRows(
    { seed: SEED, examples: ROWS, bos: null, ordinary: [] },
    { symbols: Array.from({ length: symbols }, (_, id) => id), length: contextLength },
  );
  const read = prune(withSymbolLogProbs({ ...program, outputs: [] }, { vocabulary, symbols }));
  const session = await prepare(trainable(read, { parameters }).program, backend, {
    ...{ batch: ROWS, position: contextLength },
  });
  const feeds = [
    ["tokens", tokens],
    [SYMBOL_VALUES.symbols, symbolTokens],
  ] as const;
  return {
    async measure(vector: Tensor): Promise<FollowedStrategy> {
      const trace = await session.run(
        new Map<string, Tensor<TensorData>>([...feeds, [PARAMETERS, vector]]),
      );
      return followedStrategy(trace.get(SYMBOL_VALUES.logProbs)!, chains);
    },
    close: () => session.close(),
  };
}

/** For each layer `scores` [batch, measure, head], and `loss` [batch, position], that of the token which follows. */
function scoresProgram(program: Program, { layers, vocabulary }: Architecture): Program {
  const measures = ATTENTION_SCORES.length;
  const scored = withAttentionScores({ ...program, outputs: [] }, { layers, measures });
  return prune(withTokenLoss(scored, vocabulary));
}

function summary(
  byLayer: readonly Tensor[],
  { firstCopy, secondCopy }: ReturnType<typeof copyLosses>,
): TrainingScores {
  const unpacked = byLayer.map(unpackScores);
  const of = (score: AttentionScore) =>
    unpacked.map((measures) => measures[ATTENTION_SCORES.indexOf(score)]!.map(mean));
  return scoresFrom(
    { induction: of("induction"), previousToken: of("previousToken") },
    { first: mean(firstCopy), second: mean(secondCopy) },
  );
}

/** @param losses means of the copy that nothing foretells and of the one that can be known, nats */
export function scoresFrom(
  { induction, previousToken }: Pick<TrainingScores, "induction" | "previousToken">,
  { first, second }: { readonly first: number; readonly second: number },
): TrainingScores {
  return {
    copyGain: first - second,
    firstCopyLoss: first,
    secondCopyLoss: second,
    induction,
    previousToken,
    best: { induction: best(induction), previousToken: best(previousToken) },
    strategies: null,
  };
}

function best(scores: readonly (readonly number[])[]): BestHead {
  return scores
    .flatMap((heads, layer) => heads.map((score, head) => ({ layer, head, score })))
    .reduce((most, each) => (each.score > most.score ? each : most));
}
