/** @file What every head looks at, by sequence: scores on repeats and on controls, and attention by distance. */
import { numberedSteps } from "../../base/resumeLog.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import { chunksOf } from "../../interventions/chunks.ts";
import type { Chain } from "../../interventions/chain.ts";
import { headOffsets } from "../../models/headCounts.ts";
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
import type { Work } from "./work.ts";

const KINDS = ["repeated", "disjoint", "reshuffled"] as const;

/** What some rows of one kind give. */
interface RowsSeen {
  readonly scores: ScoresByHead;
  /** Attention by distance, [head]; empty where it is not asked for. */
  readonly scan: readonly DistanceSums[];
}

/** Sums over rows, by distance. */
interface DistanceSums {
  readonly sums: number[];
  readonly squares: number[];
}

/**
 * Runs repeats and controls of one period up to the last layer's pattern.
 *
 * @param scanned attention by distance as well
 */
export async function attentionRuns(
  { chain, model: { architecture }, log }: Pick<Work, "chain" | "model" | "log">,
  rows: PeriodRows,
  scanned: boolean,
  progress: (rowsDone: number) => void,
): Promise<PeriodAttention> {
  const offsets = headOffsets(architecture);
  const count = offsets.at(-1)!;
  const { start, period } = rows;
  const tables = attentionTables({ start, period, length: rows.repeated.shape[1]! });
  const see = async (tokens: Tensor<Int32Array>, withDistances: boolean): Promise<RowsSeen> => {
    const scores = emptyScores(count);
    const scan = emptySums(withDistances ? count : 0, distancesSeen(rows));
    await patternsOf(chain, tokens, (layer, pattern) => {
      keepScores(scores, pattern, tables, offsets[layer]!);
      if (withDistances) keepDistances(scan, pattern, rows, offsets[layer]!);
    });
    return { scores, scan };
  };
  const step = numberedSteps(log, `attention ${period} run`);
  const all = KINDS.map(() => emptyScores(count));
  const scan = emptySums(scanned ? count : 0, distancesSeen(rows));
  for (const [index, kind] of KINDS.entries())
    for (const chunk of chunksOf(rows[kind].shape[0]!, chain.rows)) {
      const measured = await step(() =>
        see(takeRows(rows[kind], chunk), scanned && kind === "disjoint"),
      );
      addScores(all[index]!, measured.scores);
      addSums(scan, measured.scan);
      progress(chunk.length);
    }
  const [repeated, disjoint, reshuffled] = all as [ScoresByHead, ScoresByHead, ScoresByHead];
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

function emptySums(heads: number, distances: number): DistanceSums[] {
  return Array.from({ length: heads }, () => ({
    sums: new Array<number>(distances).fill(0),
    squares: new Array<number>(distances).fill(0),
  }));
}

/** The lists of `all` go on with those of further rows. */
function addScores(all: ScoresByHead, more: ScoresByHead): void {
  for (const name of ATTENTION_SCORES)
    all[name].forEach((values, head) => values.push(...more[name][head]!));
}

function addSums(all: readonly DistanceSums[], more: readonly DistanceSums[]): void {
  more.forEach(({ sums, squares }, head) => {
    sums.forEach((sum, distance) => (all[head]!.sums[distance]! += sum));
    squares.forEach((sum, distance) => (all[head]!.squares[distance]! += sum));
  });
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
  const { data: values } = contract(patterns, tables); // [measure, row and head]
  ATTENTION_SCORES.forEach((name, measure) => {
    for (let row = 0; row < rows; row++)
      for (let head = 0; head < heads; head++)
        scores[name][firstHead + head]!.push(values[(measure * rows + row) * heads + head]!);
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
