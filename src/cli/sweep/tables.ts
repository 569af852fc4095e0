/**
 * @file The tidy tables of a sweep: a row for each head of each model and seed, and one for each model and seed. Encoders and
 * models of several stacks have scores by direction of attention, in a table of their own with a row for each score.
 */
import { csvText } from "../../draw/csv.ts";
import { ATTENTION_SCORES } from "../../measure/attentionTables.ts";
import { headDepth } from "../../measure/headDepth.ts";
import { scoreResult, type ScoreResult } from "../../studies/score/result.ts";
import { stacksResult, type StacksResult } from "../../studies/stacks/result.ts";
import { verdictResult, type VerdictResult } from "../../studies/verdict/result.ts";
import type { DoneJob, SweepFolder } from "./folder.ts";
import { jobId, type SweepJob } from "./plan.ts";

export type Cell = string | number | null;
type ColumnType = "STRING" | "INT32" | "DOUBLE";

export interface TidyTable {
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface SweepTables {
  readonly heads: TidyTable;
  readonly models: TidyTable;
  readonly stacks: TidyTable;
}

/** One model with one seed: its Results that are there. */
interface MeasuredModel {
  readonly typed: string;
  readonly seed: number;
  readonly parameters: number;
  readonly score: ScoreResult | null;
  /** In place of `score`, where the model is not a decoder. */
  readonly stacks: StacksResult | null;
  readonly verdict: VerdictResult | null;
}

/** What the folder has of these jobs, in the order of names and seeds: nothing of when or where it was computed. */
export function sweepTables(jobs: readonly SweepJob[], folder: SweepFolder): SweepTables {
  const all = measuredIn(jobs, folder);
  return {
    heads: { columns: HEAD_COLUMNS, rows: all.flatMap(headRows) },
    models: { columns: MODEL_COLUMNS, rows: all.map(modelRow) },
    stacks: { columns: STACK_COLUMNS, rows: all.flatMap(stackRows) },
  };
}

function measuredIn(jobs: readonly SweepJob[], folder: SweepFolder): MeasuredModel[] {
  const groups = new Map<string, MeasuredModel>();
  for (const job of jobs.toSorted((a, b) => (jobId(a) < jobId(b) ? -1 : 1))) {
    const done = folder.done(job);
    const result = done && folder.result(done.key);
    if (!done || !result) continue;
    const seed = Number(job.options["seed"]);
    const key = JSON.stringify([job.typed, seed]);
    const before = groups.get(key) ?? emptyOf(done, seed);
    groups.set(key, { ...before, ...readAs(job, result) });
  }
  return [...groups.values()].sort(
    (a, b) => a.typed.localeCompare(b.typed, "en", { numeric: true }) || a.seed - b.seed,
  );
}

function emptyOf({ job, parameters }: DoneJob, seed: number): MeasuredModel {
  return { typed: job.typed, seed, parameters, score: null, stacks: null, verdict: null };
}

/** A job of score has the Result of the study that stood in for it, where there is one. */
function readAs({ study }: SweepJob, result: unknown): Partial<MeasuredModel> {
  if (study === "verdict") return { verdict: verdictResult.parse(result) };
  const stacks = stacksResult.safeParse(result);
  return stacks.success ? { stacks: stacks.data } : { score: scoreResult.parse(result) };
}

const text = (name: string) => ({ name, type: "STRING" as const });
const whole = (name: string) => ({ name, type: "INT32" as const });
const number = (name: string) => ({ name, type: "DOUBLE" as const });

const ABOUT = [
  ...[text("model"), text("revision"), text("sha256"), text("family"), number("parameters")],
  ...[whole("layers"), whole("heads"), whole("seed")],
];
const HEAD_COLUMNS: TidyTable["columns"] = [
  ...ABOUT,
  ...[whole("layer"), whole("head"), number("depth")],
  ...ATTENTION_SCORES.map(number),
  ...[number("inductionLow"), number("inductionHigh")],
  ...[text("label"), text("flags"), number("gain"), number("gainLow"), number("gainHigh")],
  ...[number("effect"), number("effectLow"), number("effectHigh")],
];
const MODEL_COLUMNS: TidyTable["columns"] = [
  ...ABOUT,
  ...["firstCopy", "secondCopy", "copyGain", "copyGainLow", "copyGainHigh"].map(number),
  ...[whole("bestLayer"), whole("bestHead"), number("bestScore"), number("bestDepth")],
  whole("labelledInduction"),
];

const STACK_COLUMNS: TidyTable["columns"] = [
  ...ABOUT,
  ...[text("part"), text("direction"), whole("layer"), whole("head"), number("depth")],
  ...[text("score"), number("value"), number("low"), number("high"), number("uniform")],
];

function aboutCells({ typed, seed, parameters, score, stacks, verdict }: MeasuredModel): Cell[] {
  const { revision, sha256, family, layers, heads } = (score ?? stacks ?? verdict)!.model;
  return [typed, revision, sha256, family, parameters, layers, heads, seed];
}

function headRows(model: MeasuredModel): Cell[][] {
  const { score, verdict } = model;
  if (!score && !verdict) return [];
  const { layers } = (score ?? verdict)!.model;
  const about = aboutCells(model);
  const all = score
    ? score.scores.induction.flatMap((row, layer) => row.map((_, head) => ({ layer, head })))
    : verdict!.heads;
  return all.map(({ layer, head }, index) => {
    const [low, high] = score?.intervals.induction[layer]![head] ?? [null, null];
    const judged = verdict?.heads[index];
    const gain = judged?.evidence.attention.induction;
    const effect = judged?.evidence.copying?.effect;
    return [
      ...[...about, layer, head, headDepth(layer, layers)],
      ...ATTENTION_SCORES.map((name) => score?.scores[name][layer]![head] ?? null),
      ...[low, high, judged?.label ?? null, judged ? judged.flags.join(" ") : null],
      ...[gain?.value ?? null, gain?.low ?? null, gain?.high ?? null],
      ...[effect?.value ?? null, effect?.low ?? null, effect?.high ?? null],
    ];
  });
}

function stackRows(model: MeasuredModel): Cell[][] {
  const about = aboutCells(model);
  return (model.stacks?.parts ?? []).flatMap(({ part, direction, scores }) =>
    scores.flatMap(({ name, values, intervals, uniform }) =>
      values.flatMap((heads, layer) =>
        heads.map((value, head) => [
          ...[...about, part, direction, layer, head, headDepth(layer, values.length)],
          ...[name, value, ...(intervals[layer]![head] ?? [null, null]), uniform[layer]!],
        ]),
      ),
    ),
  );
}

function modelRow(model: MeasuredModel): Cell[] {
  const { score, verdict } = model;
  const best = score?.top[0];
  const loss = score?.loss;
  return [
    ...aboutCells(model),
    ...[loss?.firstCopy ?? null, loss?.secondCopy ?? null, loss?.copyGain ?? null],
    ...(loss?.intervals.copyGain ?? [null, null]),
    ...[best?.layer ?? null, best?.head ?? null, best?.score ?? null],
    best ? headDepth(best.layer, score!.model.layers) : null,
    verdict ? (verdict.counts.induction ?? 0) : null,
  ];
}

export function tidyCsv({ columns, rows }: TidyTable): string {
  return csvText([
    columns.map(({ name }) => name),
    ...rows.map((row) => row.map((cell) => cell ?? "")),
  ]);
}

export async function tidyParquet({ columns, rows }: TidyTable): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import("hyparquet-writer"); // only a sweep needs it
  const columnData = columns.map(({ name, type }, index) => ({
    ...{ name, type, nullable: true },
    data: rows.map((row) => row[index] ?? null),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
