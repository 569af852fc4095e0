/** @file What a study shows, whatever it measured: a sentence, a map, tables. Text, pictures and files draw this. */
import type { InputInfo, ModelInfo } from "../results/common.ts";
import type { HeadMap } from "./headMap.ts";
import type { HeadScale } from "./headScale.ts";
import type { Markup } from "./markup.ts";
import type { Theme } from "./theme.ts";

export interface StudyTable {
  readonly caption: string;
  readonly columns: readonly string[];
  /** Numbers are written with every digit in files, shortened elsewhere. */
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** A picture that is not a map of heads. */
export interface StudyPicture {
  readonly label: string;
  /** Loads what draws, and gives it. */
  readonly draw: () => Promise<(document: Document, theme: Theme) => SVGSVGElement>;
}

/** A part of the page that answers to the reader's pointer and keys; it finds its numbers in the element `result`. */
export interface StudyWidget {
  readonly markup: Markup;
  readonly script: string;
}

export interface StudyView {
  readonly title: string;
  /** What the numbers mean and how they were made. */
  readonly lines: readonly string[];
  readonly sentences: readonly string[];
  /** Null for a study that has no map. */
  readonly map: HeadMap | null;
  /** Other pictures; the first one, where there is one, is what .png and .svg have in place of the map. */
  readonly pictures?: readonly StudyPicture[] | undefined;
  /** Lines for a terminal, as they are: plots. */
  readonly plots?: readonly string[] | undefined;
  readonly widget?: StudyWidget | undefined;
  /** The first one is what a .csv file has, unless `csv` says another. */
  readonly tables: readonly [StudyTable, ...StudyTable[]];
  /** What a .csv file has, if that is too long to be shown. */
  readonly csv?: (() => StudyTable) | undefined;
  readonly warnings: readonly string[];
}

interface About {
  readonly model: ModelInfo;
  readonly input: InputInfo;
}

/** `gpt2 · family gpt2 · 12 layers × 12 heads`, and the input. */
export function aboutLines({ model, input }: About): string[] {
  const grouped = model.kvHeads === model.heads ? "" : ` (${model.kvHeads} key and value heads)`;
  const period = input.period === null ? "" : ` · period ${input.period}`;
  const seed = input.seed === null ? "" : ` · seed ${input.seed}`;
  return [
    `${model.id} · family ${model.family} · ${model.layers} layers × ${model.heads} heads${grouped}`,
    `input: ${input.kind} · ${input.examples} examples of ${input.length} tokens${period} · BOS ${input.bos ? "on" : "off"}${seed}`,
  ];
}

/** A scale on both sides of zero that the largest value reaches, or 1 if all are 0. */
export function divergingScale(values: readonly (readonly (number | null)[])[]): HeadScale {
  const bound = Math.max(0, ...values.flat().map((value) => Math.abs(value ?? 0)));
  return { kind: "diverging", bound: bound > 0 ? bound : 1 };
}

/** A number in a table: four digits are enough to read. */
export function tableText(value: string | number | null): string {
  if (value === null) return "–";
  if (typeof value === "string") return value;
  if (Number.isInteger(value)) return String(value);
  return (Math.abs(value) < 1e-4 ? value.toExponential(1) : value.toFixed(4)).replaceAll("-", "−");
}
