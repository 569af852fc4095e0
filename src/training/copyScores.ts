/** @file How far copying across has come in an encoder-decoder, measured during training on the same rows each time. */
import type { Feeds } from "../base/backend.ts";
import { random } from "../base/random.ts";
import type { Tensor } from "../base/tensor.ts";
import {
  attentionScoreValues,
  attentionTableFeeds,
  withAttentionScores,
  type ScoredPart,
} from "../graph/edits/withAttentionScores.ts";
import { TOKEN_LOSS_VALUES, withTokenLoss } from "../graph/edits/withTokenLoss.ts";
import { prune, type Program } from "../graph/program.ts";
import { mean } from "../measure/mean.ts";
import { crossTables } from "../measure/stackScores.ts";
import { unpackScores } from "../measure/unpackScores.ts";
import { entryMeanTable, stackTables } from "../measure/weightTable.ts";
import type { Architecture, Model } from "../models/family.ts";
import type { Backend } from "../base/backend.ts";
import { prepare } from "../runtime/prepare.ts";
import { copyRows, type CopiedRows } from "./data/copiedRows.ts";
import { T5_IDS } from "./freshT5.ts";
import { PARAMETERS, trainable, type Parameter } from "./trainable.ts";
import { SCORED_ROWS, scoresFrom, type ScoreMeter } from "./trainingScores.ts";

const CROSS: ScoredPart = { prefix: "decoder.", attention: "cross_attn" };
const ENCODER: ScoredPart = { prefix: "encoder.", attention: "attn" };

/**
 * Measures parameters during training: the alignment of each cross head and the loss where the encoder reads `r end` and the decoder
 * is made to write r, and that loss where the encoder reads other tokens.
 *
 * @param parameters their order, that of the train step
 */
export async function copyScores(
  { program, architecture }: Model,
  parameters: readonly Parameter[],
  backend: Backend,
): Promise<ScoreMeter> {
  const { contextLength, vocabulary, layers } = architecture;
  const room = Math.floor((vocabulary - T5_IDS.first) / 2); // two blocks that share no token
  const period = Math.min(SCORED_ROWS.period, contextLength - 1, room);
  const { copied, other } = rowsOf(period, vocabulary);
  const measured = trainable(scoresProgram(program, architecture), { parameters }).program;
  const length = period + 1;
  const session = await prepare(measured, backend, {
    ...{ batch: SCORED_ROWS.rows, position: length, source: length },
  });
  const tables = tableFeeds(period);
  const feedsOf = (rows: CopiedRows, vector: Tensor): Feeds =>
    new Map([...Object.entries(rows), ...tables, [PARAMETERS, vector]]) as Feeds;
  return {
    async measure(vector) {
      const trace = await session.run(feedsOf(copied, vector));
      const of = (part: ScoredPart) =>
        Array.from({ length: layers }, (_, layer) =>
          unpackScores(trace.get(attentionScoreValues(part).scores(layer))!)[0]!.map(mean),
        );
      const scores = { induction: of(CROSS), previousToken: of(ENCODER) };
      const second = meanLoss(trace, period);
      const first = meanLoss(await session.run(feedsOf(other, vector)), period);
      return scoresFrom(scores, { first, second });
    },
    close: () => session.close(),
  };
}

/** Rows whose encoder reads what is to be written, and the same ones with another block for the encoder. */
function rowsOf(period: number, vocabulary: number) {
  const blocks = Array.from({ length: SCORED_ROWS.rows }, (_, row) =>
    random(SCORED_ROWS.seed, row)
      .distinct(2 * period, vocabulary - T5_IDS.first)
      .map((id) => id + T5_IDS.first),
  );
  const [first, last] = [
    blocks.map((block) => block.slice(0, period)),
    blocks.map((block) => block.slice(period)),
  ];
  const copied = copyRows(first);
  return { copied, other: { ...copied, encoder: copyRows(last).encoder } };
}

function scoresProgram(program: Program, { layers, vocabulary }: Architecture): Program {
  const scored = [CROSS, ENCODER].reduce(
    (before, part) => withAttentionScores(before, { layers, measures: 1, part }),
    { ...program, outputs: [] as readonly string[] },
  );
  return prune(withTokenLoss(scored, vocabulary));
}

/** Alignment of cross-attention, and the token before in the encoder. */
function tableFeeds(period: number) {
  const length = period + 1;
  const alignment = crossTables({ period, lead: 0, source: length, length });
  const size = length * length;
  const first = { ...alignment, shape: [1, length, length], data: alignment.data.slice(0, size) };
  const before = Array.from({ length: period - 1 }, (_, key) => ({ query: key + 1, key }));
  return [
    ...attentionTableFeeds(first, CROSS),
    ...attentionTableFeeds(stackTables([entryMeanTable(length, before)]), ENCODER),
  ];
}

/** Over the tokens of the block, nats. */
function meanLoss(trace: ReadonlyMap<string, Tensor>, period: number): number {
  const { data, shape } = trace.get(TOKEN_LOSS_VALUES.loss)!;
  const length = shape[1]!;
  return mean(data.filter((_, place) => place % length < period));
}
