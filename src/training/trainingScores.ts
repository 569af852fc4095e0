/** @file How far induction has come, measured during training on the same rows each time. */
import { tensor, type Tensor } from "../base/tensor.ts";
import { builder } from "../graph/builder.ts";
import { prune, type Program } from "../graph/program.ts";
import { ATTENTION_SCORES, attentionTables } from "../measure/attentionTables.ts";
import { copyLosses } from "../measure/losses.ts";
import type { Architecture, Model } from "../models/family.ts";
import type { Backend } from "../base/backend.ts";
import { prepare } from "../runtime/prepare.ts";
import { ordinaryTokens } from "../text/patterns/ordinaryTokens.ts";
import { repeatedTokens } from "../text/patterns/repeatedTokens.ts";
import { PARAMETERS, trainable, type Parameter } from "./trainable.ts";

export interface BestHead {
  readonly layer: number;
  readonly head: number;
  readonly score: number;
}

/** Means over 32 rows of random tokens twice in a row, as `score` defines them; losses in nats. */
export interface TrainingScores {
  readonly copyGain: number;
  readonly firstCopyLoss: number;
  readonly secondCopyLoss: number;
  readonly induction: readonly (readonly number[])[];
  readonly previousToken: readonly (readonly number[])[];
  readonly best: { readonly induction: BestHead; readonly previousToken: BestHead };
}

const ROWS = 32;
/** Tokens in one copy, fewer if the model has no room. */
const PERIOD = 32;
/** Far from the seeds that people give, so that no training row is one of these. */
const SEED = 0x5c0e5;

const VALUES = {
  tables: "attention_tables",
  loss: "loss",
  scores: (layer: number) => `blocks.${layer}.attn.scores`,
};

/**
 * Measures parameters during training.
 *
 * @param parameters their order, that of the train step
 */
export async function trainingScores(
  { program, architecture }: Model,
  parameters: readonly Parameter[],
  backend: Backend,
) {
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
    ["targets", shifted(tokens)],
    [VALUES.tables, attentionTables({ start: 0, period, length })],
  ] as [string, Tensor][]);
  return {
    async measure(vector: Tensor): Promise<TrainingScores> {
      const trace = await session.run(new Map([...feeds, [PARAMETERS, vector]]));
      const byLayer = Array.from({ length: layers }, (_, layer) =>
        trace.get(VALUES.scores(layer))!,
      );
      return summary(byLayer, copyLosses(moved(trace.get(VALUES.loss)!), { start: 0, period }));
    },
    dispose: () => session.dispose(),
  };
}

/** For each layer `scores` [batch, measure, head], and `loss` [batch, position], that of the token which follows. */
function scoresProgram(program: Program, { layers, vocabulary }: Architecture): Program {
  const b = builder(program);
  const positions = { query: "position", key: "position" };
  const tables = b.input(VALUES.tables, "float32", {
    measure: ATTENTION_SCORES.length,
    ...positions,
  });
  const scores = Array.from({ length: layers }, (_, layer) =>
    b.contract(`blocks.${layer}.attn.hook_pattern`, tables, ["batch", "measure", "head"], {
      as: VALUES.scores(layer),
    }),
  );
  const sizes = { batch: "batch", position: "position" };
  const targets = b.input("targets", "int32", sizes, { below: vocabulary });
  const all = b.op("logSumExp", ["logits"], { axis: "d_vocab" });
  b.op("sub", [all, b.op("pick", ["logits", targets], {})], {}, VALUES.loss);
  return prune(b.program([...scores, VALUES.loss], program.limits));
}

/** The token that follows each; of the last one its own, which nobody reads. */
function shifted(tokens: Tensor<Int32Array>): Tensor<Int32Array> {
  const length = tokens.shape[1]!;
  const data = tokens.data.map((id, index) =>
    index % length === length - 1 ? id : tokens.data[index + 1]!,
  );
  return tensor(tokens.axes, tokens.shape, data);
}

/** Losses at the token they are of, as `copyLosses` reads them. */
function moved({ shape, data }: Tensor): Tensor {
  const length = shape[1]!;
  const at = data.map((_, index) => (index % length === 0 ? 0 : data[index - 1]!));
  return tensor(["sequence", "position"], shape, at);
}

function summary(
  byLayer: readonly Tensor[],
  { firstCopy, secondCopy }: ReturnType<typeof copyLosses>,
): TrainingScores {
  const mean = (values: Float64Array) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const of = (score: (typeof ATTENTION_SCORES)[number]) =>
    byLayer.map((scores) => headMeans(scores, ATTENTION_SCORES.indexOf(score)));
  const [induction, previousToken] = [of("induction"), of("previousToken")];
  const [first, second] = [mean(firstCopy), mean(secondCopy)];
  return {
    copyGain: first - second,
    firstCopyLoss: first,
    secondCopyLoss: second,
    induction,
    previousToken,
    best: { induction: best(induction), previousToken: best(previousToken) },
  };
}

function headMeans({ shape, data }: Tensor, measure: number): number[] {
  const [rows, measures, heads] = shape as readonly [number, number, number];
  return Array.from({ length: heads }, (_, head) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += data[(row * measures + measure) * heads + head]!;
    return sum / rows;
  });
}

function best(scores: readonly (readonly number[])[]): BestHead {
  return scores
    .flatMap((heads, layer) => heads.map((score, head) => ({ layer, head, score })))
    .reduce((most, each) => (each.score > most.score ? each : most));
}
