/** @file Scores that recent papers and public tools report under their own names, as their code computes them, on rows like theirs. */
import type { Tensor } from "../base/tensor.ts";
import { shapeOf } from "../base/tensor.ts";
import { contract } from "./contract.ts";
import { linear, type Convention, type MeasuredInput } from "./convention.ts";
import { detectHead, detectionPattern } from "./detectHead.ts";
import { earlierCopies } from "./inductionTargets.ts";
import { secondCopy } from "./repeats.ts";
import { entryMeanTable, queryMeanTable, stackTables } from "./weightTable.ts";

/** Rows whose block begins with one token twice, as text has now and then. */
function doubleInput(input: MeasuredInput): MeasuredInput {
  const { start, period } = input;
  const tokens = Array.from(input.tokens);
  for (const copy of [start, start + period]) tokens[copy + 1] = tokens[copy]!;
  return { ...input, tokens };
}

/** The same rows after one more BOS. */
function twoStarts(input: MeasuredInput): MeasuredInput {
  const { tokens, start, length } = input;
  const bos = start > 0 ? tokens[0]! : Math.max(...Array.from(tokens)) + 1;
  const lead = Array.from({ length: 2 - start }, () => bos);
  return {
    ...input,
    tokens: [...lead, ...Array.from(tokens)],
    start: 2,
    length: length + lead.length,
  };
}

/** A B A B A B A B after what the rows begin with. */
function twoTokens(input: MeasuredInput): MeasuredInput {
  const { tokens, start } = input;
  const pair = [tokens[start]!, tokens[start + 1]!];
  const all = [...Array.from(tokens).slice(0, start), ...pair, ...pair, ...pair, ...pair];
  return { tokens: all, start, period: 2, length: all.length };
}

/** Keys after earlier copies, the current token itself where it stands twice in a row. */
const afterCopies = ({ tokens, start }: MeasuredInput) =>
  earlierCopies(tokens, { start }).map((copies) => copies.map((copy) => copy + 1));

/** Keys after earlier copies, but those directly before the query's own. */
function pairTable(input: MeasuredInput): Tensor {
  const pairs = earlierCopies(input.tokens).flatMap((copies, query) =>
    copies.flatMap((copy) => (copy < query - 1 ? [{ query, key: copy + 1 }] : [])),
  );
  return entryMeanTable(input.length, pairs);
}

function textTable(input: MeasuredInput): Tensor {
  const keys = afterCopies(input);
  const queries = keys.flatMap((keysOfQuery, query) => (keysOfQuery.length > 0 ? [query] : []));
  return queryMeanTable(input.length, queries, (query) => keys[query]!);
}

/** The last query of the row whose successor came before, and that successor. */
const lastAsked = ({ start, period, length }: MeasuredInput) => {
  const query = start + 2 * period - 2;
  return entryMeanTable(length, [{ query, key: query - period + 1 }]);
};

/** sum of A over induction's entries / sum of A over all queries and keys but the first token's. */
function withoutFirst(pattern: Tensor, input: MeasuredInput): Float64Array {
  const [heads, queries, keys] = shapeOf(pattern, ["head", "query", "key"]);
  const table = queryMeanTable(input.length, secondCopy("saanum", input), (query) => [
    query - input.period + 1,
  ]);
  const stripe = contract(pattern, stackTables([table])).data;
  return Float64Array.from({ length: heads }, (_, head) => {
    let all = 0;
    for (let query = 1; query < queries; query++)
      for (let key = 1; key <= query; key++)
        all += pattern.data[(head * queries + query) * keys + key]!;
    return (stripe[head]! * input.period) / all;
  });
}

/** How many times the next largest weight an event's largest is. */
const RATIO = 2.2;

/** The share of queries whose largest weight is induction's entry and more than 2.2 times every other. */
function events(pattern: Tensor, input: MeasuredInput): Float64Array {
  const [heads, queries, keys] = shapeOf(pattern, ["head", "query", "key"]);
  const secondQueries = secondCopy("ren-ri", input);
  return Float64Array.from({ length: heads }, (_, head) => {
    const isEvent = (query: number) => {
      const row = pattern.data.subarray((head * queries + query) * keys).subarray(0, query + 1);
      const target = query - input.period + 1;
      return row.every((weight, key) => key === target || row[target]! > RATIO * weight);
    };
    return secondQueries.filter(isEvent).length / secondQueries.length;
  });
}

/** By name; `audit` shows what each confuses. */
export const ELSEWHERE: Readonly<Record<string, Convention>> = {
  "headvis.induction": linear(
    {
      formula:
        "mean over q with an earlier copy of the sum of A[q, k], tokens[k - 1] = tokens[q], k <= q; on rows with A A",
      source: "HeadVis on text",
      finds: "induction",
      rows: doubleInput,
      notes: [
        "on text the denominator decides: scores differ fivefold between reports of the same heads",
      ],
    },
    textTable,
  ),
  "icl-heads.induction": {
    formula: "sum(A D) / sum(A), D of induction_head, on [BOS BOS] r r",
    source: "icl-heads (Yin and Steinhardt 2025), which asks detect_head for abs and gets mul",
    finds: "induction",
    rows: twoStarts,
    scores: (pattern, { tokens }) =>
      detectHead(pattern, detectionPattern(tokens, "induction_head"), { errorMeasure: "mul" }),
    ceiling: ({ tokens, length }) =>
      earlierCopies(tokens).filter((copies) => copies.length > 0).length / length,
    notes: [
      "the second BOS repeats the first, so attention of the second to itself counts as induction",
      "ids are written as text and tokenised again, so rows are no longer two copies of S tokens where tokens merge or split",
    ],
  },
  "llmvis.induction": linear(
    {
      formula: "mean over pairs, tokens[j] = tokens[q], j < q - 1, of A[q, j + 1]",
      source: "LLMVis, on rows of random tokens",
      finds: "induction",
    },
    pairTable,
  ),
  "llmvis.induction.prompts": linear(
    {
      formula: "the same on A B A B A B A B, the form of some of its twenty prompts",
      source: "LLMVis, on prompts of its own",
      finds: "induction",
      rows: twoTokens,
    },
    pairTable,
  ),
  "saanum.induction": {
    formula: "sum of A[q, q - S + 1] over the second copy / sum of A[q, k] over all q and k >= 1",
    source: "smart_induction_heads (Saanum et al. 2025), threshold .4",
    finds: "induction",
    scores: withoutFirst,
    ceiling: () => 1,
    notes: [
      "an induction head that rests on itself, and not on the first token, in the first copy has .5 and not 1",
    ],
  },
  "feucht.nextToken": linear(
    {
      formula: "A[q, k] |v_k| / sum over k of A[q, k] |v_k| at one q, the last before the entity",
      source: "dual-route-induction (Feucht et al. 2025); values of one length here",
      finds: "induction",
      notes: [
        "values of the first token are short in many models, so a head that rests there and attends to the target with .1 can have nearly 1",
      ],
    },
    lastAsked,
  ),
  "ren-ri.event": {
    formula: "share of q whose largest A[q, k] is at q - S + 1 and more than 2.2 times all others",
    source: "Ren et al. 2024, the event of the relation index; what OV writes is the other half",
    finds: "induction",
    scores: events,
    ceiling: () => 1,
    notes: [
      "all or nothing: attention of .7 counts as 1, and of .5 beside .25 as 0; the index says nothing about cause",
    ],
  },
};
