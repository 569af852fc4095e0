/** @file Runs the rows of all scenes through one session, attention reduced to scores inside the graph. */
import type { Backend } from "../../base/backend.ts";
import { tensor, type Tensor, type TensorData } from "../../base/tensor.ts";
import {
  ATTENTION_SCORE_VALUES,
  attentionTableFeeds,
  withAttentionScores,
} from "../../graph/edits/withAttentionScores.ts";
import { prune } from "../../graph/program.ts";
import { chunksOf } from "../../interventions/chunks.ts";
import { takeRows } from "../../interventions/rows.ts";
import { unpackScores } from "../../measure/unpackScores.ts";
import type { Model } from "../../models/family.ts";
import { rowsPerRun } from "../../runtime/chunks.ts";
import { prepare } from "../../runtime/prepare.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { uniformScores } from "../../measure/uniformScores.ts";
import { stackTables as stacked } from "../../measure/weightTable.ts";
import type { MeasuredBehaviour, MeasuredRows } from "./probe.ts";
import type { Scene, SceneMeasure, SceneRows, VariantTables } from "./scene.ts";

/** A scene with the rows that this model gets, and the behaviours that are asked for. */
export interface BuiltScene {
  readonly scene: Scene;
  readonly variants: SceneRows["variants"];
  readonly measures: readonly SceneMeasure[];
}

/** What each scene was, and what was measured in all of them. */
export interface MeasuredScenes {
  readonly rows: readonly MeasuredRows[];
  readonly behaviours: readonly MeasuredBehaviour[];
}

/** Attention of every head to where each behaviour's cue points, in one pass over the rows of all scenes. */
export async function runScenes(
  { program, architecture }: Pick<Model, "program" | "architecture">,
  backend: Backend,
  built: readonly BuiltScene[],
  { signal, progress }: Pick<StudyOptions, "signal" | "progress">,
): Promise<MeasuredScenes> {
  const slots = built.map((entry) => slotsOf(entry, architecture));
  const measures = Math.max(1, ...slots.map((list) => list.length));
  if (built.length === 0) return { rows: [], behaviours: [] };
  const bare = { ...program, outputs: [] };
  const scored = prune(withAttentionScores(bare, { layers: architecture.layers, measures }));
  const longest = Math.max(...built.map(lengthOf));
  const batch = rowsPerRun(scored, backend, longest);
  const runs = built.flatMap((entry, scene) => runsOf(entry, slots[scene]!, measures, batch));
  const session = await prepare(scored, backend, { batch, position: longest });
  const step = "reading rows";
  try {
    await session.pass(
      runs.map(({ feeds }) => feeds),
      (trace, index) => {
        const { slots: filled, rows } = runs[index]!;
        for (let layer = 0; layer < architecture.layers; layer++) {
          const scores = unpackScores(trace.get(ATTENTION_SCORE_VALUES.scores(layer))!);
          filled.forEach(({ values }, measure) =>
            values[layer]!.forEach((into, head) => addTo(into, scores[measure]![head]!, rows[0]!)),
          );
        }
        progress?.(step, index + 1, runs.length);
      },
      { signal, progress, step },
    );
  } finally {
    await session.close();
  }
  return {
    rows: built.map(rowsOf),
    behaviours: built.flatMap((entry, at) => behavioursOf(entry, slots[at]!)),
  };
}

/** One row of the weight tables that a scene's runs are fed: a behaviour, or its control. */
interface Slot {
  readonly tables: VariantTables;
  /** [layer][head]: sums over variants, by row. */
  readonly values: readonly (readonly Float64Array[])[];
}

interface Run {
  readonly feeds: ReadonlyMap<string, Tensor<TensorData>>;
  readonly slots: readonly Slot[];
  readonly rows: readonly number[];
}

const lengthOf = ({ variants }: BuiltScene) => Object.values(variants)[0]!.shape[1]!;

function slotsOf(
  { variants, measures }: BuiltScene,
  { layers, heads }: Model["architecture"],
): Slot[] {
  const rows = Object.values(variants)[0]!.shape[0]!;
  const empty = () =>
    Array.from({ length: layers }, () =>
      Array.from({ length: heads }, () => new Float64Array(rows)),
    );
  return measures
    .flatMap(({ tables, control }) => (control ? [tables, control] : [tables]))
    .map((tables) => ({ tables, values: empty() }));
}

function runsOf(
  { variants }: BuiltScene,
  slots: readonly Slot[],
  measures: number,
  most: number,
): Run[] {
  return Object.entries(variants).flatMap(([variant, tokens]) => {
    if (slots.every(({ tables }) => !tables[variant])) return []; // read by no behaviour that is asked for
    const tables = attentionTableFeeds(
      stackTables(
        slots.map((slot) => slot.tables[variant] ?? null),
        measures,
        tokens.shape[1]!,
      ),
    );
    return chunksOf(tokens.shape[0]!, most).map((rows) => ({
      feeds: new Map<string, Tensor<TensorData>>([["tokens", takeRows(tokens, rows)], ...tables]),
      slots,
      rows,
    }));
  });
}

/** Tables one after the other, and zeros where a slot has none in this variant or there is no slot. */
function stackTables(tables: readonly (Tensor | null)[], measures: number, length: number): Tensor {
  const area = length * length;
  const data = new Float32Array(measures * area);
  tables.forEach((table, slot) => table && data.set(table.data, slot * area));
  return tensor(["measure", "query", "key"], [measures, length, length], data);
}

function addTo(into: Float64Array, values: Float64Array, first: number): void {
  values.forEach((value, row) => (into[first + row]! += value));
}

function behavioursOf(
  { scene, measures }: BuiltScene,
  slots: readonly Slot[],
): MeasuredBehaviour[] {
  let next = 0;
  return measures.map((measure) => {
    const { values } = slots[next++]!;
    const controls = measure.control ? slots[next++]!.values : null;
    return {
      words: measure,
      scene: scene.name,
      uniform: uniformOf(measure.tables),
      scores: values,
      controls,
    };
  });
}

function rowsOf({ scene, variants }: BuiltScene): MeasuredRows {
  const [examples, length] = Object.values(variants)[0]!.shape as readonly [number, number];
  return {
    ...{ name: scene.name, layout: scene.layout, length, examples },
    variants: Object.keys(variants),
  };
}

/** What even attention scores. */
function uniformOf(tables: VariantTables): number {
  return Object.values(tables)
    .map((table) => uniformScores(stacked([table])).data[0]!)
    .reduce((sum, value) => sum + value, 0);
}
