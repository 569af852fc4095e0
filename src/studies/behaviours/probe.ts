/** @file What a probe is: behaviours that no table of attention shows, measured in a way of their own. */
import type { Backend } from "../../base/backend.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { Tokenizer } from "../../text/tokenizer/tokenizer.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import type { BehaviourWords } from "./behaviourWords.ts";
import type { RowSource } from "./scene.ts";

/** What a behaviour was measured on. */
export interface MeasuredRows {
  readonly name: string;
  /** A row, in words. */
  readonly layout: string;
  /** Tokens in a row, BOS included. */
  readonly length: number;
  readonly examples: number;
  /** Versions of each row. */
  readonly variants: readonly string[];
}

/** One behaviour: [layer][head], one value for each row. */
export interface MeasuredBehaviour {
  readonly words: BehaviourWords;
  /** The name of its rows. */
  readonly scene: string;
  /** What a head that tells nothing apart scores. */
  readonly uniform: number;
  readonly scores: readonly (readonly Float64Array[])[];
  /** The same without the cue; null where the null is 0. */
  readonly controls: readonly (readonly Float64Array[])[] | null;
}

export interface ProbeContext {
  readonly model: LoadedModel;
  readonly backend: Backend;
  readonly source: RowSource;
  readonly tokenizer: Tokenizer | null;
  /** Texts of the user. */
  readonly texts: readonly string[];
  readonly options: Pick<StudyOptions, "signal" | "progress">;
}

export interface Probe {
  readonly name: string;
  /** The behaviours that it measures, whether or not this model has room for it. */
  readonly behaviours: readonly string[];
  /** What it finds of every head, or a sentence that says why it cannot. */
  readonly measure: (context: ProbeContext) => Promise<ProbeAnswer | string>;
}

export interface ProbeAnswer {
  readonly rows: MeasuredRows;
  readonly behaviours: readonly MeasuredBehaviour[];
}

/** [layer][head] of so many zeros. */
export function zerosByHead(
  { layers, heads }: { readonly layers: number; readonly heads: number },
  rows: number,
): Float64Array[][] {
  return Array.from({ length: layers }, () =>
    Array.from({ length: heads }, () => new Float64Array(rows)),
  );
}
