/** @file What `ablate` shows. */
import { headName, headAt } from "../../base/headName.ts";
import { range } from "d3-array";
import { FEWEST_SETS } from "../../results/causalNames.ts";
import type { AblateResult } from "./result.ts";
import type { BarChart } from "../../draw/bars.ts";
import type { Line, LineFigure, LinePanel } from "../../draw/lines.ts";
import { plural } from "../../base/plural.ts";
import { nats, share } from "../../draw/numbers.ts";
import { barPicture, linePicture } from "../../draw/pictures.ts";
import {
  aboutLines,
  divergingScale,
  headColumn,
  pictureLines,
  settingsOf,
  type StudyPicture,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";

const KIND_WORDS = {
  zero: "the head's output z is zero",
  mean: "the head's output z is its mean by position over reference rows",
  "sized-mean":
    "the head's output z is its mean by position over reference rows, as long as the output: norms divide by as much as before",
  resample: "the head's output z is that of a reference row",
  redirect:
    "all attention of the head goes to the first token of the row, BOS where there is one, which is where heads rest",
  "pattern-preserving": "the head's output z is zero, and all attention patterns stay as they were",
} as const;

/** Columns of changes of losses. */
const FIRST_COPY = { name: "first copy", key: "firstCopyNats" };
const SECOND_COPY = { name: "second copy", key: "secondCopyNats" };

export function ablateView(result: AblateResult): StudyView {
  const {
    kind,
    reference,
    given: baseHeads,
    loss,
    heads,
    sets,
    ideal,
    curve,
    minimal,
    words,
  } = result;
  const values = heads?.delta.secondCopy;
  const tables: StudyTable[] = [
    ...(curve ? [curveTable(curve)] : []),
    ...(heads ? [headTable(heads)] : []),
    ...(sets.length > 0 ? [setTable(sets)] : []),
    ...(ideal.length > 0 ? [idealTable(ideal)] : []),
    ...(minimal ? [minimalTable(minimal)] : []),
  ];
  return {
    title: `Ablation (${kind}): ${result.model.id}`,
    lines: [
      ...aboutLines(result),
      `ablated: ${KIND_WORDS[kind]}${reference ? ` (${reference.examples} rows: ${reference.what})` : ""}`,
      ...(baseHeads.length > 0
        ? [`in every run, these are ablated too: ${baseHeads.join(", ")}`]
        : []),
      `loss in nats before: first copy ${nats(loss.firstCopy)}, second copy ${nats(loss.secondCopy)}`,
    ],
    sentences: [
      ...(curve ? [curveWords(curve)] : []),
      ...(words.length > 0 || curve ? words : [worstWords(result)]),
    ],
    pictures: picturesOf(result),
    map: values
      ? {
          title: `Ablation (${kind}) by head`,
          subtitle: pictureLines(result),
          values,
          scale: divergingScale(values),
          scaleLabel: "change of the loss of the second copy, nats",
          description: worstWords(result),
        }
      : null,
    ...(curve && { csv: () => wholeCurveTable(curve) }),
    tables: tables as [StudyTable, ...StudyTable[]],
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

type Curve = NonNullable<AblateResult["curve"]>;

/** What random sets are drawn from, in words. */
const POOL = "other heads of the same layers that do not attend like induction";

function curveWords({ points }: Curve): string {
  const last = points.at(-1)!;
  const rise = `${headsWithout(last.count)} the second copy's loss rises by ${nats(last.secondCopy)} nats`;
  if (last.random) return `${rise}, ${comparedWords(last.secondCopy, last.random)}.`;
  const compared = points.findLast(({ random }) => random !== null);
  const none = `There is no null for this: these layers have fewer than ${FEWEST_SETS} different sets of ${plural(last.count, "other head")} that do not attend like induction.`;
  if (!compared?.random) return `${rise}. ${none}`;
  return `${rise}. ${none} ${headsWithout(compared.count)} it rises by ${nats(compared.secondCopy)} nats, ${comparedWords(compared.secondCopy, compared.random)}.`;
}

function headsWithout(count: number): string {
  return count === 1
    ? "Without the head that attends most like induction"
    : `Without the ${count} heads that attend most like induction`;
}

function comparedWords(
  rise: number,
  { sets, low, high }: NonNullable<Curve["points"][number]["random"]>,
): string {
  return `${rise > high ? "above all" : "not above all"} of ${sets} different random sets of ${POOL} (${nats(low)} to ${nats(high)})`;
}

/** The curve first; sets and ideal patterns as bars, where there is no map of all heads. */
function picturesOf(result: AblateResult): StudyPicture[] {
  const { curve, heads, sets, ideal } = result;
  return [
    ...(curve ? [curvePicture(result, curve)] : []),
    ...(!heads && sets.length > 0 ? [barPicture(setChart(result))] : []),
    ...(!heads && ideal.length > 0 ? [barPicture(idealChart(result))] : []),
  ];
}

function curvePicture(result: AblateResult, curve: Curve): StudyPicture {
  const figure = { name: "curve", table: wholeCurveTable(curve) };
  return { ...linePicture(curveFigure(result, curve)), figure };
}

const MOST_BARS = 24;

function setChart(result: AblateResult): BarChart {
  return {
    title: `Ablation (${result.kind}) of sets of heads`,
    subtitle: pictureLines(result),
    bars: result.sets.slice(0, MOST_BARS).map(({ heads, secondCopy, interval }) => ({
      name: heads.join(", "),
      value: secondCopy,
      low: interval?.[0] ?? null,
      high: interval?.[1] ?? null,
    })),
    valueLabel: "change of the loss of the second copy, nats",
    notes: moreWords(result.sets.length, "set"),
    description: worstWords(result),
  };
}

function idealChart(result: AblateResult): BarChart {
  return {
    title: "Exact patterns in place of a head's own",
    subtitle: pictureLines(result),
    bars: result.ideal.slice(0, MOST_BARS).map(({ head, pattern, secondCopy }) => ({
      name: `${head} ${pattern}`,
      value: secondCopy,
      low: null,
      high: null,
    })),
    valueLabel: "change of the loss of the second copy, nats",
    notes: moreWords(result.ideal.length, "pattern"),
    description: worstWords(result),
  };
}

function moreWords(count: number, noun: string): string[] {
  return count > MOST_BARS
    ? [`The first ${MOST_BARS} of ${count} ${noun}s; the table has all.`]
    : [];
}

function curveFigure(result: AblateResult, curve: Curve): LineFigure {
  const panel: LinePanel = {
    lines: [
      {
        name: "highest induction scores (95 % interval)",
        points: [
          { x: 0, y: 0 },
          ...curve.points.map(({ count, secondCopy, interval }) => ({
            x: count,
            y: secondCopy,
            low: interval?.[0] ?? null,
            high: interval?.[1] ?? null,
          })),
        ],
      },
      bandLine("random heads of the model", curve, "anyHeads"),
      bandLine("random heads, without those that attend like induction", curve, "random"),
    ],
    x: { label: "heads ablated together", ticks: countTicks(curve.points.at(-1)!.count) },
    y: { label: "rise of the second copy's loss, nats" },
  };
  const lines = panel.lines.filter(({ points }) => points.length > 1);
  return {
    title: `Ablation (${result.kind}) in the order of induction scores`,
    subtitle: pictureLines(result),
    panels: [{ ...panel, lines }],
    notes: bandNotes(curve),
    description: curveWords(curve),
  };
}

/** What the bands that are drawn show. */
function bandNotes({ points, randomSets }: Curve): string[] {
  const has = (of: "random" | "anyHeads") => points.some(({ [of]: band }) => band);
  if (!has("random") && !has("anyHeads")) return [];
  const bands = `Bands of random heads: mean, lowest and highest of up to ${randomSets} sets`;
  return has("random")
    ? [`${bands}; without those that attend like induction they are as many of each layer.`]
    : [`${bands}.`];
}

/** Random sets beside the curve; one point alone where no set of them is there. */
function bandLine(name: string, { points }: Curve, of: "random" | "anyHeads"): Line {
  return {
    name,
    points: [
      { x: 0, y: 0, low: 0, high: 0 },
      ...points.flatMap(({ count, [of]: band }) =>
        band ? [{ x: count, y: band.mean, low: band.low, high: band.high }] : [],
      ),
    ],
  };
}

/** Whole numbers, at most a dozen: there are no half heads. */
function countTicks(most: number): number[] {
  return range(0, most + 1, Math.ceil(most / 12));
}

function curveTable({ order, points }: Curve): StudyTable {
  return {
    caption: "One head after the other: change of the losses, nats",
    columns: [
      "heads",
      headColumn("last"),
      "score",
      FIRST_COPY,
      SECOND_COPY,
      "low",
      "high",
      { name: "random", key: "randomNats" },
      "low",
      "high",
      { name: "sets", key: "randomSets" },
    ],
    rows: points.map(({ count, firstCopy, secondCopy, interval, random }) => [
      count,
      headAt(order[count - 1]!.head),
      order[count - 1]!.score,
      firstCopy,
      secondCopy,
      ...(interval ?? [null, null]),
      random?.mean ?? null,
      random?.low ?? null,
      random?.high ?? null,
      random?.sets ?? null,
    ]),
  };
}

/** With the band of any heads, which a terminal has no room for. */
function wholeCurveTable(curve: Curve): StudyTable {
  const { columns, rows, caption } = curveTable(curve);
  return {
    caption,
    columns: [
      ...columns,
      { name: "random of any heads", key: "anyHeadsNats" },
      "low",
      "high",
      { name: "sets", key: "anyHeadsSets" },
    ],
    rows: rows.map((row, index) => {
      const {
        mean = null,
        low = null,
        high = null,
        sets = null,
      } = curve.points[index]!.anyHeads ?? {};
      return [...row, mean, low, high, sets];
    }),
  };
}

function minimalTable(minimal: NonNullable<AblateResult["minimal"]>): StudyTable {
  return {
    caption: `Greedy sets at a share of ${share(minimal.share)}: what is kept of what repetition helps`,
    columns: [
      "set",
      "size",
      "heads",
      "kept",
      "low",
      "high",
      { name: "kept on other rows", key: "keptOnOtherRows" },
      "holds",
    ],
    rows: (["necessary", "sufficient"] as const).map((which) => {
      const { heads, kept: shareKept, interval, check } = minimal[which];
      return [
        which,
        heads.length,
        heads.map(headAt),
        shareKept,
        ...(interval ?? [null, null]),
        check.kept,
        check.holds ? "yes" : "no",
      ];
    }),
  };
}

function headTable({ delta, intervals }: NonNullable<AblateResult["heads"]>): StudyTable {
  return {
    caption: "Each head alone: change of the losses, nats",
    columns: [headColumn(), FIRST_COPY, SECOND_COPY, "low", "high"],
    rows: delta.secondCopy.flatMap((row, layer) =>
      row.map((second, head) => [
        { layer, head },
        delta.firstCopy[layer]![head]!,
        second,
        ...(intervals[layer]![head] ?? [null, null]),
      ]),
    ),
  };
}

function setTable(sets: AblateResult["sets"]): StudyTable {
  return {
    caption: "Sets: change of the losses, nats",
    columns: [
      "heads",
      FIRST_COPY,
      SECOND_COPY,
      "low",
      "high",
      { name: "sum of alone", key: "sumOfAloneNats" },
      { name: "synergy", key: "synergyNats" },
    ],
    rows: sets.map(({ heads, firstCopy, secondCopy, interval, sumOfAlone, synergy }) => [
      heads.map(headAt),
      firstCopy,
      secondCopy,
      ...(interval ?? [null, null]),
      sumOfAlone,
      synergy,
    ]),
  };
}

function idealTable(ideal: AblateResult["ideal"]): StudyTable {
  return {
    caption: "Exact patterns in place of a head's own",
    columns: [headColumn(), "pattern", SECOND_COPY, "kept"],
    rows: ideal.map(({ head, pattern, secondCopy, kept: shareKept }) => [
      headAt(head),
      pattern,
      secondCopy,
      shareKept,
    ]),
  };
}

function worstWords({ heads, sets, ideal }: AblateResult): string {
  const all = heads
    ? heads.delta.secondCopy.flatMap((row, layer) =>
        row.map((delta, head) => ({ name: headName({ layer, head }), delta })),
      )
    : sets.map((set) => ({ name: set.heads.join(", "), delta: set.secondCopy }));
  const [worst] = all.sort((a, b) => b.delta - a.delta);
  if (worst) return `The second copy needs ${worst.name} most: ${nats(worst.delta)} nats without.`;
  const [best] = ideal.toSorted((a, b) => (b.kept ?? -Infinity) - (a.kept ?? -Infinity));
  return best
    ? `An exact ${best.pattern} pattern keeps ${((best.kept ?? 0) * 100).toFixed(0)} % of what ${best.head} does.`
    : "Nothing was ablated.";
}
