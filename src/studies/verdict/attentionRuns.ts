/** @file What every head looks at, by sequence: scores on repeats and on controls, and attention by distance. */
import { tensor, type Tensor } from "../../base/tensor.ts";
import { chunksOf } from "../../interventions/chunks.ts";
import type { Chain } from "../../interventions/chain.ts";
import { hookName } from "../../models/anatomy/hookNames.ts";
import { takeRows, valueOf } from "../../interventions/rows.ts";
import {
  ATTENTION_SCORES,
  attentionTables,
  type AttentionScore,
} from "../../measure/attentionTables.ts";
import { contract } from "../../measure/contract.ts";
import type { PeriodAttention, ScoresByHead } from "../../measure/verdict/attention.ts";
import { distancesSeen } from "../../measure/verdict/attention.ts";
import type { PeriodRows } from "./verdictRows.ts";

const KINDS = ["repeated", "disjoint", "reshuffled"] as const;

/** Runs repeats and controls of one period up to the last layer's pattern; `scanned`: attention by distance as well. */
export async function attentionRuns(
  chain: Chain,
  rows: PeriodRows,
  { layers, heads }: { readonly layers: number; readonly heads: number },
  scanned: boolean,
  progress: (rowsDone: number) => void,
): Promise<PeriodAttention> {
  const count = layers * heads;
  const { start, period } = rows;
  const tables = attentionTables({ start, period, length: rows.repeated.shape[1]! });
  const all = KINDS.map((kind) => ({ kind, scores: emptyScores(count) }));
  const distances = distancesSeen(rows);
  const scan = Array.from({ length: scanned ? count : 0 }, () => ({
    sums: new Array<number>(distances).fill(0),
    squares: new Array<number>(distances).fill(0),
  }));
  for (const { kind, scores } of all) {
    const tokens = rows[kind];
    for (const chunk of chunksOf(tokens.shape[0]!, chain.rows)) {
      await patternsOf(chain, takeRows(tokens, chunk), (layer, pattern) => {
        keepScores(scores, pattern, tables, layer * heads);
        if (scanned && kind === "disjoint") keepDistances(scan, pattern, rows, layer * heads);
      });
      progress(chunk.length);
    }
  }
  const [repeated, disjoint, reshuffled] = all.map(({ scores }) => scores) as [
    ScoresByHead,
    ScoresByHead,
    ScoresByHead,
  ];
  return { start, period, repeated, disjoint, reshuffled, scan };
}

/** Runs rows and shows the pattern of every layer, [batch, head, query, key]. */
export async function patternsOf(
  chain: Chain,
  tokens: Tensor<Int32Array>,
  see: (layer: number, pattern: Tensor) => void,
): Promise<void> {
  const patterns = chain.points.filter(({ name }) => name.endsWith(".attn.hook_pattern"));
  const begin = await chain.embed(tokens);
  await chain.advance(begin, chain.points[0]!.name, patterns.at(-1)!.name, (point, state) => {
    const name = hookName(point.layer, "attn.hook_pattern");
    if (point.name === name) see(point.layer, valueOf(state, name));
    return state;
  });
}

function emptyScores(heads: number): ScoresByHead {
  const empty = () => Array.from({ length: heads }, (): number[] => []);
  return Object.fromEntries(ATTENTION_SCORES.map((name) => [name, empty()])) as Record<
    AttentionScore,
    number[][]
  >;
}

/** Each row of the batch adds one number to each list. */
function keepScores(
  scores: ScoresByHead,
  { data, shape }: Tensor,
  tables: Tensor,
  firstHead: number,
): void {
  const [rows, heads, length] = shape as readonly [number, number, number];
  const patterns = tensor(["head", "query", "key"], [rows * heads, length, length], data);
  const { data: found } = contract(patterns, tables); // [measure, row and head]
  ATTENTION_SCORES.forEach((name, measure) => {
    for (let row = 0; row < rows; row++)
      for (let head = 0; head < heads; head++)
        scores[name][firstHead + head]!.push(found[(measure * rows + row) * heads + head]!);
  });
}

/** Attention `distance` back, over the second block's queries that have a token there. */
function keepDistances(
  scan: readonly { readonly sums: number[]; readonly squares: number[] }[],
  { data, shape }: Tensor,
  { start, period }: PeriodRows,
  firstHead: number,
): void {
  const [rows, heads, length] = shape as readonly [number, number, number];
  for (let row = 0; row < rows; row++)
    for (let head = 0; head < heads; head++) {
      const from = (row * heads + head) * length * length;
      const { sums, squares } = scan[firstHead + head]!;
      for (let distance = 0; distance < sums.length; distance++) {
        const first = Math.max(start + period, distance);
        let sum = 0;
        for (let query = first; query < start + 2 * period; query++)
          sum += data[from + query * length + query - distance]!;
        const mean = sum / (start + 2 * period - first);
        sums[distance]! += mean;
        squares[distance]! += mean * mean;
      }
    }
}
