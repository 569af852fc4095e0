/** @file The figures of a sweep, of what its tables have: the family, heads over checkpoints, when they form, and how far seeds agree. */
import { UNIT_SCALE } from "../../draw/headScale.ts";
import { group } from "d3-array";
import { headName, headAt } from "../../base/headName.ts";
import { INDUCTION_ATTENTION } from "../../measure/attendsLikeInduction.ts";
import { MOST_SERIES } from "../../draw/key.ts";
import type { LineFigure, LinePoint } from "../../draw/lines.ts";
import type { Matrices } from "../../draw/matrices.ts";
import { plural } from "../../base/plural.ts";
import { share } from "../../draw/numbers.ts";
import type { Scatter } from "../../draw/scatter.ts";
import { shortenText } from "../../draw/visible.ts";
import { familyFigure, type FamilyMember } from "../../studies/compare/viewFamily.ts";
import type { Cell, SweepTables, TidyTable } from "./tables.ts";

/** Pictures by the name of their file; those for which the tables have too little are left out. */
export interface SweepFigures {
  readonly family?: LineFigure | undefined;
  readonly checkpoints?: Matrices | undefined;
  readonly formation?: LineFigure | undefined;
  readonly seeds?: Scatter | undefined;
}

type Row = Readonly<Record<string, Cell>>;

/** The heads of the model and seed that a row is of. */
type HeadsOf = (row: Row) => readonly Row[];

export function sweepFigures({
  heads,
  models,
}: Pick<SweepTables, "heads" | "models">): SweepFigures {
  const modelRows = rowsOf(models);
  const headRows = rowsOf(heads).filter(({ induction }) => induction !== null);
  const headsByModel = group(headRows, modelAndSeed);
  const headsOf: HeadsOf = (row) => headsByModel.get(modelAndSeed(row)) ?? [];
  const runs = runsOf(modelRows, headsOf);
  return {
    family: familyOf(modelRows, headsOf),
    checkpoints: checkpointMaps(runs),
    formation: formationOf(runs),
    seeds: agreementOf(headRows),
  };
}

function rowsOf({ columns, rows }: TidyTable): Row[] {
  const names = columns.map(({ name }) => name);
  return rows.map((row) => Object.fromEntries(row.map((cell, at) => [names[at]!, cell])));
}

const numberOf = (row: Row, name: string) => row[name] as number;
const textOf = (row: Row, name: string) => String(row[name]);
const modelAndSeed = (row: Row) => `${textOf(row, "model")} ${numberOf(row, "seed")}`;

/** Models of several sizes, each by the first of its seeds and the last of its steps. */
function familyOf(models: readonly Row[], headsOf: HeadsOf): LineFigure | undefined {
  const scored = models.filter(({ bestScore }) => bestScore !== null);
  const last = new Map<string, Row>();
  for (const row of scored.toSorted((a, b) => numberOf(b, "seed") - numberOf(a, "seed"))) {
    const { run, step } = placeOf(textOf(row, "model"));
    const before = last.get(run);
    if (!before || (step ?? 0) >= (placeOf(textOf(before, "model")).step ?? 0)) last.set(run, row);
  }
  const rows = [...last.values()];
  if (new Set(rows.map((row) => row["parameters"])).size < 2) return undefined;
  const title = `${plural(rows.length, "model")} of a sweep by parameters`;
  const members = rows.map((row) => memberOf(row, headsOf(row)));
  return familyFigure({ models: members, words: [`${title}.`] }, { title });
}

/** @param heads of the model and seed of the row */
function memberOf(row: Row, heads: readonly Row[]): FamilyMember {
  const isBest = ({ layer, head }: Row) => layer === row["bestLayer"] && head === row["bestHead"];
  const best = heads.find(isBest);
  const copyGain = {
    value: row["copyGain"] as number,
    low: row["copyGainLow"] as number | null,
    high: row["copyGainHigh"] as number | null,
  };
  return {
    id: textOf(row, "model"),
    parameters: numberOf(row, "parameters"),
    inductionHeads: countOf(row, heads),
    best: {
      ...{ score: numberOf(row, "bestScore"), depth: numberOf(row, "bestDepth") },
      low: (best?.["inductionLow"] ?? null) as number | null,
      high: (best?.["inductionHigh"] ?? null) as number | null,
    },
    loss: row["copyGain"] === null ? null : { copyGain },
  };
}

function countOf(row: Row, heads: readonly Row[]): FamilyMember["inductionHeads"] {
  if (row["labelledInduction"] !== null)
    return { by: "label", count: numberOf(row, "labelledInduction") };
  return { by: "attention", count: heads.filter(attends).length };
}

const attends = (row: Row) => numberOf(row, "induction") >= INDUCTION_ATTENTION.substantial;

/** `a/b@step1000` is step 1000 of a/b, `x/step-001500` that of x; a name without a number at its end has no step. */
export function placeOf(model: string): { readonly run: string; readonly step: number | null } {
  const match = /^(.*?)[@/](?:[a-z]+[-_]?)?(\d+)$/.exec(model.replace(/\/+$/, ""));
  return match ? { run: match[1]!, step: Number(match[2]) } : { run: model, step: null };
}

interface Run {
  readonly name: string;
  readonly parameters: number;
  /** Heads of the first seed at each step, steps rising. */
  readonly steps: readonly { readonly step: number; readonly heads: readonly Row[] }[];
}

/** Models of which there are several steps. */
function runsOf(models: readonly Row[], headsOf: HeadsOf): Run[] {
  const runs = new Map<string, Map<number, Row>>();
  for (const row of models) {
    const { run, step } = placeOf(textOf(row, "model"));
    const steps = runs.get(run) ?? new Map<number, Row>();
    if (step !== null && !steps.has(step)) runs.set(run, steps.set(step, row));
  }
  return [...runs]
    .map(([name, steps]) => ({
      name,
      parameters: numberOf([...steps.values()][0]!, "parameters"),
      steps: [...steps]
        .sort(([a], [b]) => a - b)
        .map(([step, row]) => ({ step, heads: headsOf(row) }))
        .filter(({ heads }) => heads.length > 0),
    }))
    .filter(({ steps }) => steps.length > 1);
}

const MOST_HEADS = 40;
const MOST_MAPS = 6;

/** Heads by steps, a map for each run: those that ever attend like induction, by layer, or else the best. */
function checkpointMaps(runs: readonly Run[]): Matrices | undefined {
  if (runs.length === 0) return undefined;
  const firstRuns = runs.slice(0, MOST_MAPS);
  return {
    title: "Induction scores over checkpoints",
    subtitle: firstRuns.map(({ name, steps }) => `${name}: ${plural(steps.length, "checkpoint")}`),
    matrices: firstRuns.map((run) => {
      const names = bestHeads(run);
      return {
        title: shortenText(run.name, 40),
        rows: names,
        columns: run.steps.map(({ step }) => step.toLocaleString("en-GB")),
        values: names.map((name) =>
          run.steps.map(({ heads }) => {
            const head = heads.find((row) => nameOf(row) === name);
            return head ? numberOf(head, "induction") : null;
          }),
        ),
      };
    }),
    rowName: "heads",
    columnName: "steps",
    scale: UNIT_SCALE,
    scaleLabel: "induction score, 0 to 1",
    notes: [
      `Heads that score ${share(INDUCTION_ATTENTION.substantial)} or more at some checkpoint, or the best ones; at most ${MOST_HEADS} of a run.`,
      ...(runs.length > MOST_MAPS ? [`The first ${MOST_MAPS} of ${runs.length} runs.`] : []),
    ],
    description: `Induction scores of heads over the checkpoints of ${plural(firstRuns.length, "run")}.`,
  };
}

const nameOf = (row: Row) =>
  headName({ layer: numberOf(row, "layer"), head: numberOf(row, "head") });

function bestHeads({ steps }: Run): string[] {
  const most = new Map<string, number>();
  for (const row of steps.flatMap(({ heads }) => heads))
    most.set(nameOf(row), Math.max(most.get(nameOf(row)) ?? 0, numberOf(row, "induction")));
  const falling = [...most].sort(([, a], [, b]) => b - a).slice(0, MOST_HEADS);
  const attending = falling.filter(([, score]) => score >= INDUCTION_ATTENTION.substantial);
  return (attending.length > 0 ? attending : falling.slice(0, 4))
    .map(([name]) => headAt(name))
    .sort((a, b) => a.layer - b.layer || a.head - b.head)
    .map(headName);
}

/** The first step at which a head attends like induction, against parameters. */
function formationOf(runs: readonly Run[]): LineFigure | undefined {
  const sizePoints = runs.flatMap((run): LinePoint[] => {
    const at = run.steps.findIndex(({ heads }) => heads.some(attends));
    if (at < 1) return []; // there from the beginning, or never
    const [before, step] = [run.steps[at - 1]!.step, run.steps[at]!.step];
    return [{ x: run.parameters, y: step, low: Math.max(before, step / 1e3), high: step }];
  });
  if (new Set(sizePoints.map(({ x }) => x)).size < 2) return undefined; // of one size there is nothing to see
  const points = sizePoints.toSorted((a, b) => a.x - b.x);
  return {
    title: "When heads that attend like induction form",
    subtitle: runs.map(({ name, parameters }) => `${parameters.toLocaleString("en-GB")}: ${name}`),
    panels: [
      {
        lines: [{ name: "first checkpoint with such a head", points }],
        x: { label: "parameters", log: true },
        y: { label: "training step", log: true },
      },
    ],
    notes: [
      `A head attends like induction from a score of ${share(INDUCTION_ATTENTION.substantial)} on. Bands reach down to the checkpoint before, or to a thousandth of the step.`,
      ...(points.length < runs.length
        ? [
            `${plural(runs.length - points.length, "run")} without a checkpoint at which the first one forms: not drawn.`,
          ]
        : []),
    ],
    description: `The step at which the first head attends like induction, for ${plural(points.length, "run")}.`,
  };
}

const MOST_PAIRED = 2000;

/** Each head's induction score with the first seed and with every other one. */
function agreementOf(heads: readonly Row[]): Scatter | undefined {
  const seeds = [...new Set(heads.map((row) => numberOf(row, "seed")))].sort((a, b) => a - b);
  const [first, ...others] = seeds;
  if (first === undefined || others.length === 0) return undefined;
  const key = (row: Row) => `${textOf(row, "model")} ${nameOf(row)}`;
  const base = new Map(
    heads.filter(({ seed }) => seed === first).map((row) => [key(row), numberOf(row, "induction")]),
  );
  const all = heads.flatMap((row) => {
    const x = base.get(key(row));
    if (row["seed"] === first || x === undefined) return [];
    const name = `${shortenText(textOf(row, "model"), 24)} ${nameOf(row)}`;
    return [{ name, x, y: numberOf(row, "induction"), group: `seed ${numberOf(row, "seed")}` }];
  });
  const groups = others.slice(0, MOST_SERIES).map((seed) => `seed ${seed}`);
  const dots = all.filter((dot) => groups.includes(dot.group));
  if (dots.length === 0) return undefined;
  const byDifference = dots.toSorted((a, b) => Math.abs(b.y - b.x) - Math.abs(a.y - a.x));
  const largest = Math.abs(byDifference[0]!.y - byDifference[0]!.x);
  return {
    title: "Agreement between seeds",
    subtitle: [
      `${plural(dots.length, "pair")} of scores of the same head with rows of other seeds; the largest difference is ${share(largest)}`,
    ],
    dots: byDifference.slice(0, MOST_PAIRED),
    groups: groups.filter((name) => dots.some((dot) => dot.group === name)),
    namesGroups: true,
    x: `induction score, seed ${first}`,
    y: "induction score, other seeds",
    namesFarthestFrom: "diagonal",
    notes: [
      "Dots on the diagonal agree; those farthest from it have their names.",
      ...(dots.length > MOST_PAIRED ? [`The ${MOST_PAIRED} that differ most.`] : []),
      ...(others.length > MOST_SERIES
        ? [`The first ${MOST_SERIES} of ${others.length} other seeds.`]
        : []),
    ],
    description: `Induction scores of heads with seed ${first} and with other seeds; the largest difference is ${share(largest)}.`,
  };
}
