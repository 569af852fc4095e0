/** @file The Result of `phase`: what the checkpoints of a run show, the change in it, and the order of events. */
import { z } from "zod";
import { STRATEGIES } from "../../measure/contextStrategies.ts";
import { environmentInfo, inputInfo, modelInfo } from "../../results/common.ts";

const curve = z.array(z.number()).describe("one number a checkpoint");
const byHeadCurve = z.array(z.array(curve)).describe("[layer][head][checkpoint]");

const change = z
  .object({
    step: z.number().describe("where half of the change is done"),
    low: z.number().describe("95 % interval of step"),
    high: z.number(),
    effectSize: z
      .number()
      .describe("what the fitted curve does across the change, in the curve's unit"),
    width: z
      .number()
      .describe("decades of steps from a tenth to nine tenths; 0: between two checkpoints"),
    noise: z.number().describe("standard deviation around the fitted curve"),
  })
  .describe("change point of a curve over log10 step (docs/phase.md)");
export type PhaseChange = z.infer<typeof change>;

const head = z.object({ layer: z.int(), head: z.int() });

const lost = z.object({
  share: z.number().describe("of the induction score, lost without the path: drop / clean"),
  sure: z.boolean().describe("whether the 95 % interval of the drop lies above 0"),
});

const pair = z.object({
  previous: head.nullable().describe("the previous-token head before it that feeds it; null: none"),
  induction: head,
  chosenBy: z
    .enum(["paths", "composition", "attention"])
    .nullable()
    .describe(
      "what told the previous-token heads apart: paths that were cut, the weights, or only who attends most; null: there is none",
    ),
  upstream: z
    .array(
      head.extend({
        previousToken: z.number().describe("score at the last checkpoint"),
        composition: z
          .object({ k: z.number(), q: z.number() })
          .nullable()
          .describe("at the last checkpoint; null where weights are not known"),
        lost: z
          .object({ k: lost, q: lost })
          .nullable()
          .describe("without its path into the keys or queries; null: not measured"),
      }),
    )
    .describe("previous-token heads before the induction head, strongest attention first"),
});
export type PhasePair = z.infer<typeof pair>;

export const EVENT_NAMES = [
  "previousToken",
  "kComposition",
  "qComposition",
  "induction",
  "copying",
  "copyGain",
] as const;

const strategyCurves = z.object({
  symbols: z.int(),
  rows: z.int(),
  divergence: z
    .record(z.enum(STRATEGIES), curve)
    .describe(
      "nats from each strategy to the model: mean over the second half of rows of sum p log(p / model)",
    ),
  crossEntropy: z.record(z.enum(STRATEGIES), curve).describe("mean of -sum p log(model), nats"),
  follows: z
    .array(z.enum(["uniform", "unigram", "bigram", "trigram"]))
    .describe(
      "the strategy with the least divergence, by checkpoint; `chain` knows the truth and is left out",
    ),
});

export const phaseResult = z.object({
  schema: z.literal("induction-lens/phase@1"),
  version: z.string(),
  id: z.string().describe("what the user called the run"),
  model: modelInfo.nullable().describe("the last checkpoint; null for curves without a model"),
  input: inputInfo.nullable(),
  warnings: z.array(z.string()),
  steps: z.array(z.number()).describe("training steps of the checkpoints, rising"),
  curves: z.object({
    loss: z
      .object({ firstCopy: curve, secondCopy: curve, copyGain: curve })
      .nullable()
      .describe("mean -log p, nats: early and late positions of the rows, and their difference"),
    icl: z
      .object({
        early: z.int().describe("position of the early token, 0-based with BOS counted"),
        late: z.int(),
        earlyLoss: curve,
        lateLoss: curve,
        olsson: curve.describe("late less early, nats; negative: learns in context"),
      })
      .nullable()
      .describe(
        "losses on the user's text; null without a text, or where the context is too short",
      ),
    training: z
      .object({ what: z.string(), steps: z.array(z.number()), loss: z.array(z.number()) })
      .nullable()
      .describe("the run's own log, if it has one"),
    induction: byHeadCurve,
    control: byHeadCurve
      .nullable()
      .describe("the same attention where nothing repeats: what a head owes to position"),
    previousToken: byHeadCurve,
    copying: z
      .array(z.array(z.array(z.number().nullable())))
      .nullable()
      .describe("eigenvalue share of the full OV circuit, -1 to 1, [layer][head][checkpoint]"),
    composition: z
      .object({ k: curve, q: curve, baseline: z.number() })
      .nullable()
      .describe("of the pair, from the weights; random heads score the baseline"),
    strategies: strategyCurves
      .optional()
      .describe("how the model predicts in random Markov chains; left out where it was not asked"),
  }),
  pair: pair
    .nullable()
    .describe("leading induction head and the previous-token head that it reads"),
  change: change
    .nullable()
    .describe("of the leading head's induction score: the phase change; null: none"),
  p: z
    .number()
    .nullable()
    .describe("of that change, over all heads; null with too few checkpoints"),
  inductionHeads: z
    .array(
      head.extend({
        depth: z.number().describe("layer / layers, 0 to 1"),
        score: z.number().describe("at the last checkpoint"),
        gain: z.number().describe("score less control there"),
        change: change.nullable(),
        p: z.number().nullable().describe("after control of false discoveries over all heads"),
      }),
    )
    .describe("heads that attend by induction at the end, highest first"),
  events: z
    .array(
      z.object({
        name: z.enum(EVENT_NAMES),
        head: head.nullable(),
        change: change.nullable(),
        p: z.number().nullable(),
      }),
    )
    .describe(
      "changes of the circuit's parts, in the order in which they happen; those without come last",
    ),
  order: z
    .enum(["previous-token first", "induction first", "not resolved", "none"])
    .describe("previous-token head and induction head; not resolved if the intervals overlap"),
  bump: z
    .object({
      curve: z.string(),
      change: change.nullable().describe("the sudden part of the fall of the loss"),
      withChange: z.boolean().describe("whether its interval overlaps that of the phase change"),
      overshoot: z
        .object({ step: z.number(), nats: z.number() })
        .describe("largest rise of the first copy's loss above what it had been, and where"),
    })
    .nullable(),
  words: z.array(z.string()),
  environment: environmentInfo.nullable(),
  timings: z.record(z.string(), z.number()),
});
export type PhaseResult = z.infer<typeof phaseResult>;
export type PhaseCurves = PhaseResult["curves"];
export type PhaseHead = z.infer<typeof head>;
