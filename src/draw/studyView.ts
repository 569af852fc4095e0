/** @file What a study shows, whatever it measured: sentences, a map, tables. Text, pictures and files draw this. */
import type { HeadAt } from "../base/headName.ts";
import type { EnvironmentInfo, InputInfo, ModelInfo } from "../results/common.ts";
import type { ArchitectureInfo } from "../results/architecture.ts";
import type { HeadMap } from "./headMap.ts";
import type { HeadScale } from "./headScale.ts";
import type { Markup } from "./markup.ts";
import { windowsNamed } from "./layersNamed.ts";
import { plural } from "../base/plural.ts";
import type { Theme } from "./theme.ts";
import { shortenText } from "./visible.ts";

/** A head in a table: `1.2` where people read it, columns for layer and head in files. */
export type HeadCell = HeadAt;

/** Several heads are one cell; no such cell of a file can be read as a number. */
export type StudyCell = string | number | null | HeadCell | readonly HeadCell[];

export interface StudyColumn {
  /** Heading of the column where people read it. */
  readonly name: string;
  /** Name in files, in camelCase as in JSON, with its unit where it has one; left out: made of `name`. */
  readonly key?: string | undefined;
  /** Whether its cells are heads. */
  readonly isHead?: boolean | undefined;
  /** The colours of a map of its numbers: "signed" has both sides of zero; left out: what the numbers need. */
  readonly scale?: HeadScale | "signed" | undefined;
}

export interface StudyTable {
  readonly caption: string;
  /** A column called `low` or `high` has a bound of the value before it. */
  readonly columns: readonly (string | StudyColumn)[];
  /** Numbers are written with every digit in files, shortened elsewhere. */
  readonly rows: readonly (readonly StudyCell[])[];
  /** Rows that a terminal shows; pages and files have all. Default 15. */
  readonly terminalRows?: number | undefined;
}

/** A picture that is not a map of heads. */
export interface StudyPicture {
  readonly label: string;
  /** Its name for --figure, if it can be asked for by one, and its numbers. */
  readonly figure?: { readonly name: string; readonly table: StudyTable } | undefined;
  /** Loads what draws, and gives it. */
  readonly draw: () => Promise<(document: Document, theme: Theme) => SVGSVGElement>;
}

/** A part of the page that answers to the reader's pointer and keys. */
export interface StudyWidget {
  /** @param data where its numbers are in the page */
  readonly markup: (data: WidgetData) => Markup;
  /** Finds all such parts of the page and their numbers. */
  readonly script: string;
}

/** A Result in the page, or a part of it. */
export interface WidgetData {
  /** Id of the element that holds a Result as JSON. */
  readonly element: string;
  /** Members that lead from there to the Result of the widget. */
  readonly path: readonly string[];
}

/** A table with a row for each step and head, and of each run if there are several. */
export interface OverSteps {
  /** Columns called `step`, the head, its scores, and `run` where there are several runs. */
  readonly table: () => StudyTable;
  /** From which score on a head is counted. */
  readonly threshold: number;
}

/** Another study as a part of this one, in its page alone. */
export interface StudySection {
  readonly title: string;
  readonly view: StudyView;
  /** Members that lead from the Result of the whole to that of this part. */
  readonly path: readonly string[];
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
  /** A line before a .csv file, behind `# `; left out: none. */
  readonly csvComment?: string | undefined;
  /** A row for each head with all its numbers, if no other table is one; figures of heads are made of it. */
  readonly everyHead?: (() => StudyTable) | undefined;
  /** Scores of every head at every step, for a study of training. */
  readonly overSteps?: OverSteps | undefined;
  /** Shown in the page below everything else. */
  readonly sections?: readonly StudySection[] | undefined;
  /** Model, input and engine, term by term. */
  readonly settings?: readonly Setting[] | undefined;
  readonly warnings: readonly string[];
}

export type Setting = readonly [term: string, value: string | number];

/** A column of heads; in files `layer` and `head`, or with `name` before them. */
export function headColumn(name = "head"): StudyColumn {
  return { name, isHead: true };
}

interface About {
  readonly model: ModelInfo;
  readonly input: InputInfo;
}

/** `gpt2 · family gpt2 · 12 layers × 12 heads`, how far layers see where some do not see all, and the input. */
export function aboutLines({ model, input }: About): string[] {
  const windows = model.architecture ? windowsNamed(model.architecture.attention) : null;
  return [
    modelWords(model),
    ...(windows === null ? [] : [`layers see: ${windows}`]),
    inputWords(input),
  ];
}

/** Characters of a model's name that a picture has room for; pages and files have all of it. */
const LONGEST_ID = 120;

/** The same for the head of a picture. */
export function pictureLines({ model, input }: About): string[] {
  return aboutLines({ model: { ...model, id: pictureName(model.id) }, input });
}

/** Several models as one picture names them: by whole ids where last parts are not enough to tell them apart. */
export function pictureNames(ids: readonly string[]): string[] {
  const names = ids.map(pictureName);
  const isClear = new Set(names).size === new Set(ids).size;
  return isClear ? names : ids.map((id) => shortenText(id, LONGEST_ID));
}

/** Sentences about models of these ids as a picture has them. */
export function pictureWords(words: readonly string[], ids: readonly string[]): string {
  const names = pictureNames(ids);
  return ids
    .map((id, index) => ({ id, name: names[index]! }))
    .sort((entry, other) => other.id.length - entry.id.length) // one path may begin another
    .reduce((text, { id, name }) => text.replaceAll(id, () => name), words.join(" "));
}

/** A model as a picture names it: of a path its last part, since a picture is published. Hub ids are not paths. */
export function pictureName(id: string): string {
  const parts = id.split(/[/\\]/).filter((part) => part !== "");
  const isPath = /^([/\\~.]|[A-Za-z]:[/\\])/.test(id) || parts.length > 2 || id.includes("\\");
  return shortenText(isPath ? (parts.at(-1) ?? id) : id, LONGEST_ID);
}

/** `gpt2 · family gpt2 · 12 layers × 12 heads · revision 607a30d7`. */
export function modelWords(model: ModelInfo): string {
  const grouped =
    model.kvHeads === model.heads ? "" : ` (${plural(model.kvHeads, "key and value head")})`;
  return [
    model.id,
    `family ${model.family}`,
    model.headsByLayer
      ? `${plural(model.layers, "layer")} of ${unitCounts(model.headsByLayer)}`
      : `${plural(model.layers, "layer")} × ${plural(model.heads, "head")}${grouped}`,
    ...(model.revision === null ? [] : [`revision ${model.revision.slice(0, 8)}`]),
    ...(model.processing === "none" ? [] : [`weights: ${model.processing}`]),
  ].join(" · ");
}

/** `4 or 8 heads`: of layers with attention and with scans. */
function unitCounts(headsByLayer: readonly number[]): string {
  const counts = [...new Set(headsByLayer)].sort((a, b) => a - b);
  return `${counts.join(" or ")} heads`;
}

/** `input: repeated random tokens · 100 examples of 51 tokens · period 25 · BOS on · seed 0`. */
function inputWords(input: InputInfo): string {
  return [
    `input: ${input.kind}`,
    `${plural(input.examples, "example")} of ${plural(input.length, "token")}`,
    ...(input.period === null ? [] : [`period ${input.period}`]),
    `BOS ${input.bos ? "on" : "off"}${bosReason(input)}`,
    ...(input.seed === null ? [] : [`seed ${input.seed}`]),
    ...(input.tokensSha256 === null ? [] : [`tokens sha256 ${input.tokensSha256.slice(0, 8)}`]),
  ].join(" · ");
}

/** For texts: there BOS is as the tokenizer has it, and for one model it may be off where random rows have it on. */
function bosReason({ kind, bosPolicy }: InputInfo): string {
  const [, reason] = /^auto: ([^;]+)/.exec(bosPolicy) ?? [];
  return (kind === "text" || kind === "prompts") && reason !== undefined ? ` (${reason})` : "";
}

interface ResultOrigin {
  readonly version: string;
  readonly model?: ModelInfo | null | undefined;
  readonly input?: InputInfo | null | undefined;
  readonly environment?: EnvironmentInfo | null | undefined;
}

function deviceWords({ device, choice, threads }: EnvironmentInfo): string {
  const words = threads === undefined ? device : `${device}, ${plural(threads, "thread")}`;
  return choice === undefined ? words : `${words} (${choice})`;
}

/** All that a Result says of how it was made, for the end of its page. */
export function settingsOf({ version, model, input, environment }: ResultOrigin): Setting[] {
  const versions = Object.entries(environment?.versions ?? {}).map((entry) => entry.join(" "));
  return [
    ...(model ? modelSettings(model) : []),
    ...(input ? inputSettings(input) : []),
    ...(environment ? [["device", deviceWords(environment)] as const] : []),
    ["versions", [`induction-lens ${version}`, ...versions].join(", ")],
  ];
}

function modelSettings(model: ModelInfo): Setting[] {
  return [
    ["model", model.id],
    ["family", model.family],
    ["revision", model.revision ?? "–"],
    ["sha256 of the weights", model.sha256],
    ["layers", model.layers],
    [
      "heads",
      `${plural(model.heads, "query head")}, ${plural(model.kvHeads, "key and value head")}`,
    ],
    ...(model.headsByLayer
      ? [["heads by layer, or units of a scan", model.headsByLayer.join(", ")] as const]
      : []),
    ["weights", model.processing === "none" ? "as they are" : model.processing],
    ...(model.architecture ? architectureSettings(model.architecture) : []),
  ];
}

function architectureSettings({ attention, sizes, experts }: ArchitectureInfo): Setting[] {
  const { positions } = attention;
  return [
    ["head size", sizes.dHead ?? "unknown"],
    ["vocabulary", `${sizes.vocabulary} tokens`],
    ["context", `${sizes.contextLength} tokens`],
    ["positions", positions ?? "unknown"],
    ["layers see", windowsNamed(attention) ?? "all tokens in every layer"],
    ...(experts
      ? [["experts", `${experts.count}, ${experts.perToken} for each token`] as const]
      : []),
  ];
}

function inputSettings(input: InputInfo): Setting[] {
  const bos = input.bos ? `on (token ${input.bosToken ?? "unknown"})` : "off";
  return [
    ["input", input.kind],
    ["seed", input.seed ?? "–"],
    ["examples", input.examples],
    ["tokens in a row", input.length],
    ["period", input.period ?? "–"],
    ["BOS", `${bos}: ${input.bosPolicy}`],
    ...(input.eosPolicy ? [["EOS", `off: ${input.eosPolicy}`] as const] : []),
    ["sha256 of the tokens", input.tokensSha256 ?? "–"],
  ];
}

/** A scale on both sides of zero that the largest value reaches, or 1 if all are 0. */
export function divergingScale(values: readonly (readonly (number | null)[])[]): HeadScale {
  const bound = values
    .flat()
    .reduce((most: number, value) => Math.max(most, Math.abs(value ?? 0)), 0);
  return { kind: "diverging", bound: bound > 0 ? bound : 1 };
}
