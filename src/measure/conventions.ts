/** @file Everybody's attention scores under their own names, as one table: what the audit compares. */
import type { Tensor } from "../base/tensor.ts";
import { ATTENTION_SCORES, attentionTables, scoreRow } from "./attentionTables.ts";
import { linear, type Convention } from "./convention.ts";
import { ELSEWHERE } from "./conventionsElsewhere.ts";
import {
  detectHead,
  detectionPattern,
  type DetectedHead,
  type DetectHeadOptions,
} from "./detectHead.ts";
import { diagonalTable, firstColumnTable, offsetDiagonalTable } from "./diagonals.ts";
import type { IdealHead } from "./idealHeads.ts";
import { duplicateTable, inductionTable, strongestTarget } from "./inductionTargets.ts";
import { olssonTable } from "./olsson.ts";
import {
  detectorCeilings,
  detectorScores,
  legacyDetectorScores,
  type DetectorScores,
} from "./prefixDetector.ts";
import { secondCopy } from "./repeats.ts";
import { entryMeanTable, queryMeanTable } from "./weightTable.ts";

const STRICT = Object.fromEntries(
  ATTENTION_SCORES.map((score, measure): [string, Convention] => [
    score,
    linear(
      {
        formula: `mean of A[q, ${scoreRow(score).key}] over q in the second copy`,
        source: "induction-lens, the default",
        finds: score,
      },
      (input) => {
        const { shape, data } = attentionTables(input);
        const [, queries = 0, keys = 0] = shape;
        const area = queries * keys;
        return {
          axes: ["query", "key"],
          shape: [queries, keys],
          data: data.slice(measure * area, (measure + 1) * area),
        };
      },
    ),
  ]),
);

const GENERAL: Record<string, Convention> = {
  "induction.withinCopy": linear(
    {
      formula: "as induction, without the last q, whose key is in the second copy",
      source: "attention_motifs",
      finds: "induction",
    },
    (input) =>
      queryMeanTable(
        input.length,
        secondCopy("induction.withinCopy", input).slice(0, -1),
        (query) => [query - input.period + 1],
      ),
  ),
  "induction.general": linear(
    {
      formula: "mean over q of the sum of A[q, k], tokens[k - 1] = tokens[q], k < q - 1",
      source: "any text with repeats",
      finds: "induction",
    },
    ({ tokens, start }) => inductionTable(tokens, { start }).table,
  ),
  "induction.prefix2": linear(
    {
      formula: "as induction.general where 2 tokens agree",
      source: "any text with repeats",
      finds: "induction",
    },
    ({ tokens, start }) => inductionTable(tokens, { start, prefix: 2 }).table,
  ),
  "induction.prefix3": linear(
    {
      formula: "as induction.general where 3 tokens agree",
      source: "any text with repeats",
      finds: "induction",
    },
    ({ tokens, start }) => inductionTable(tokens, { start, prefix: 3 }).table,
  ),
  "induction.strongest": {
    formula: "as induction.general with the largest A[q, k] in place of the sum",
    source: "any text with repeats",
    finds: "induction",
    scores: (pattern, { tokens, start }) => strongestTarget(pattern, tokens, { start }),
    ceiling: () => 1,
  },
  "duplicateToken.general": linear(
    {
      formula: "mean over q of the sum of A[q, k], tokens[k] = tokens[q], k < q",
      source: "any text with repeats",
      finds: "duplicateToken",
    },
    ({ tokens, start }) => duplicateTable(tokens, { start }).table,
  ),
};

const OLSSON: Record<string, Convention> = {
  "olsson.perEntry": linear(
    {
      formula: "mean over q and earlier copies m of A[q, q - mS + 1]",
      source: "Olsson et al. 2022, prefix matching",
      finds: "induction",
    },
    (input) => olssonTable(input, "perEntry"),
  ),
  "olsson.perQuery": linear(
    {
      formula: "mean over q of the sum over earlier copies m of A[q, q - mS + 1]",
      source: "Olsson et al. 2022, as llm-interpret reads it",
      finds: "induction",
    },
    (input) => olssonTable(input, "perQuery"),
  ),
  "olsson.literal": linear(
    {
      formula: "mean over q and earlier copies m of A[q, q - mS - 1]",
      source: "Olsson et al. 2022, word for word",
      finds: "induction",
    },
    (input) => olssonTable(input, "literal"),
  ),
};

const DIAGONALS: Record<string, Convention> = {
  "transformerLens.induction": linear(
    {
      formula: "diagonal(1 - S).mean(): A[q, q - S + 1], q = S - 1 ... T - 1",
      source: "TransformerLens demos, made for inputs without BOS",
      finds: "induction",
    },
    offsetDiagonalTable,
  ),
  "transformerLens.previousToken": linear(
    {
      formula: "diagonal(-1).mean(): A[q, q - 1], q = 1 ... T - 1",
      source: "TransformerLens demos",
      finds: "previousToken",
    },
    ({ length }) => diagonalTable(length, 1),
  ),
  "transformerLens.duplicateToken": linear(
    {
      formula: "diagonal(-S).mean(): A[q, q - S], q = S ... T - 1",
      source: "TransformerLens demos, made for inputs without BOS",
      finds: "duplicateToken",
    },
    ({ length, period }) => diagonalTable(length, period),
  ),
  "arena.induction": linear(
    {
      formula: "diagonal(-S + 1).mean(): A[q, q - S + 1], q = S - 1 ... T - 1",
      source: "ARENA, made for inputs with BOS",
      finds: "induction",
    },
    offsetDiagonalTable,
  ),
  "arena.previousToken": linear(
    {
      formula: "diagonal(-1).mean(): A[q, q - 1], q = 1 ... T - 1",
      source: "ARENA",
      finds: "previousToken",
    },
    ({ length }) => diagonalTable(length, 1),
  ),
  "arena.currentToken": linear(
    {
      formula: "diagonal().mean(): A[q, q], q = 0 ... T - 1",
      source: "ARENA",
      finds: "currentToken",
    },
    ({ length }) => diagonalTable(length, 0),
  ),
  "arena.firstToken": linear(
    { formula: "[:, 0].mean(): A[q, 0], q = 0 ... T - 1", source: "ARENA", finds: "firstToken" },
    ({ length }) => firstColumnTable(length),
  ),
};

const DETECTED: Record<DetectedHead, IdealHead> = {
  previous_token_head: "previousToken",
  duplicate_token_head: "duplicateToken",
  induction_head: "induction",
};

function detectionOf(head: DetectedHead, options: DetectHeadOptions): Convention {
  const exclusions = [
    options.excludeBos ? "key 0" : "",
    options.excludeCurrentToken ? "k = q" : "",
  ].filter(Boolean);
  const without = exclusions.length > 0 ? `, without ${exclusions.join(" and ")}` : "";
  const formula = options.errorMeasure === "abs" ? "1 - sum |A - D| / T" : "sum(A D) / sum(A)";
  return {
    formula: `${formula}, D of ${head}${without}`,
    source: "TransformerLens detect_head",
    finds: DETECTED[head],
    scores: (pattern, { tokens }) => detectHead(pattern, detectionPattern(tokens, head), options),
    ceiling: ({ tokens }) => detectionCeiling(detectionPattern(tokens, head), options),
  };
}

/** mul: rows that have an entry in D, over all rows (1 where rows may be empty); abs: the best each row can do. */
function detectionCeiling({ shape, data }: Tensor, options: DetectHeadOptions): number {
  const [queries = 0, keys = 0] = shape;
  const sums = Array.from({ length: queries }, (_, query) =>
    data.subarray(query * keys, (query + 1) * keys).reduce((sum, expected) => sum + expected, 0),
  );
  if (options.errorMeasure === "abs") {
    return 1 - sums.reduce((apart, sum) => apart + Math.abs(1 - sum), 0) / queries;
  }
  if (options.excludeBos || options.excludeCurrentToken) return 1;
  return sums.filter((sum) => sum > 0).length / queries;
}

const DETECT_HEAD = Object.fromEntries(
  (["mul", "abs"] as const).flatMap((errorMeasure) =>
    (Object.keys(DETECTED) as DetectedHead[]).map((head): [string, Convention] => [
      `detectHead.${errorMeasure}.${DETECTED[head]}`,
      detectionOf(head, { errorMeasure }),
    ]),
  ),
);

const DETECT_HEAD_EXCLUDING: Record<string, Convention> = {
  "detectHead.mul.induction.excludeBos": detectionOf("induction_head", { excludeBos: true }),
  "detectHead.mul.induction.excludeBoth": detectionOf("induction_head", {
    excludeBos: true,
    excludeCurrentToken: true,
  }),
  "detectHead.mul.previousToken.excludeBoth": detectionOf("previous_token_head", {
    excludeBos: true,
    excludeCurrentToken: true,
  }),
};

const DETECTOR_FORMULAS: Record<keyof DetectorScores, readonly [right: string, legacy: string]> = {
  induction: [
    "mean over pairs, tokens[j] = tokens[q], j < q - 1, of A[q, j + 1]",
    "mean over pairs, tokens[j] = tokens[q - 1], j < q - 1, of A[q, j + 1]",
  ],
  prefixMatching: [
    "mean of A[q, k] where the 2 tokens up to q equal those before k, minus mean elsewhere, at least 0",
    "mean of A[q, k] where the 2 tokens before q equal those before k, minus mean elsewhere, at least 0",
  ],
  copying: [
    "share of q with tokens[argmax A[q, k < q]] = tokens[q + 1]",
    "share of q with tokens[argmax A[q, k < q] + 1] = tokens[q + 1]",
  ],
  overall: ["mean of the three", "mean of the three; .4 is its threshold"],
};

const DETECTOR = Object.fromEntries(
  (Object.keys(DETECTOR_FORMULAS) as (keyof DetectorScores)[]).flatMap(
    (metric): [string, Convention][] => {
      const [right, legacy] = DETECTOR_FORMULAS[metric];
      const of = (formula: string, source: string, scored: typeof detectorScores): Convention => ({
        formula,
        source,
        finds: "induction",
        scores: (pattern, { tokens }) => scored(pattern, tokens).map((scores) => scores[metric]),
        ceiling: ({ tokens }) => detectorCeilings(tokens, scored === legacyDetectorScores)[metric],
      });
      return [
        [
          `detector.${metric}`,
          of(right, "induction-head-detector, indices put right", detectorScores),
        ],
        [
          `legacy.detector.${metric}`,
          of(legacy, "induction-head-detector, as its code computes it", legacyDetectorScores),
        ],
      ];
    },
  ),
);

const LEGACY: Record<string, Convention> = {
  "legacy.inductionViz": linear(
    {
      formula: "attention of the second B of A B ... A B to the first B: A[q, q - S] at the last q",
      source: "induction-viz, as its text says",
      finds: "induction",
    },
    ({ start, period, length }) => {
      const query = start + 2 * period - 1;
      return entryMeanTable(length, [{ query, key: query - period }]);
    },
  ),
};

/** Every convention by name. */
export const CONVENTIONS: Readonly<Record<string, Convention>> = {
  ...STRICT,
  ...GENERAL,
  ...OLSSON,
  ...DIAGONALS,
  ...DETECT_HEAD,
  ...DETECT_HEAD_EXCLUDING,
  ...DETECTOR,
  ...ELSEWHERE,
  ...LEGACY,
};
