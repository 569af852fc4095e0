/** @file What `text` shows. */
import { UNIT_SCALE } from "../../draw/headScale.ts";
import { headName } from "../../base/headName.ts";
import type { TextResult } from "./result.ts";
import { plural } from "../../base/plural.ts";
import { share, toBound } from "../../draw/numbers.ts";
import type { BarChart } from "../../draw/bars.ts";
import { barPicture } from "../../draw/pictures.ts";
import {
  aboutLines,
  headColumn,
  pictureLines,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";

type Repeats = NonNullable<TextResult["repeats"]>;
type Pairs = NonNullable<TextResult["pairs"]>;

export function textView(result: TextResult): StudyView {
  const { repeats, pairs } = result;
  const tables = [
    ...(repeats ? [topTable(repeats), groupTable(repeats)] : []),
    ...(pairs ? [gapTable(pairs), pairTable(pairs)] : []),
  ];
  return {
    title: `Induction on a text: ${result.model.id}`,
    lines: [
      ...aboutLines(result),
      ...(repeats
        ? [
            `${plural(repeats.pieces, "piece")}, ${plural(repeats.tokens, "token")}; a score is mean attention to the token after the earlier copy`,
          ]
        : []),
      ...(pairs
        ? [`switched off: ${pairs.heads.join(", ")} (${pairs.why}); ${pairs.ablation}`]
        : []),
    ],
    sentences: [...(repeats ? [repeatWords(repeats)] : []), ...(pairs ? [pairWords(pairs)] : [])],
    map: repeats && {
      title: "Attention to what followed a repeat, in the text",
      subtitle: pictureLines(result),
      values: repeats.groups[0]!.scores,
      scale: UNIT_SCALE,
      scaleLabel: "mean attention to the token after the earlier copy, 0 to 1",
      reference: { value: repeats.groups[0]!.uniform, label: "uniform attention" },
      description: repeatWords(repeats),
    },
    tables: tables as [StudyTable, ...StudyTable[]],
    pictures: pairs ? [barPicture(gapChart(result, pairs))] : [],
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

function repeatWords({ groups, top, random }: Repeats): string {
  const [all] = groups;
  const [best] = top;
  const continues =
    all!.continues === null
      ? ""
      : `; ${Math.round(100 * all!.continues)} % go on as they did before`;
  return `The text has ${all!.repeats} repeats${continues}. ${best!.layer}.${best!.head} attends most to what followed the earlier copy: ${share(best!.score)} (uniform attention ${share(all!.uniform)}; on random tokens it has ${share(best!.random)}, uniform attention ${share(random.uniform)}).`;
}

function nats(value: number): string {
  return toBound(value, Math.abs(value) || 1);
}

function pairWords({ gapOn, gapOff, change, controlChange }: Pairs): string {
  const ends = ({ interval }: Pairs["change"]) =>
    interval ? ` [${nats(interval[0])}, ${nats(interval[1])}]` : "";
  return `The mean gap is ${nats(gapOn.mean)} nats with the heads on and ${nats(gapOff.mean)} with them off: a change of ${nats(change.mean)}${ends(change)}. Switching off as many other heads changes it by ${nats(controlChange.mean)}${ends(controlChange)}.`;
}

function topTable({ top, groups }: Repeats): StudyTable {
  const byNgram = groups.filter(({ ngram }) => ngram !== null);
  return {
    caption:
      "Heads that attend most to what followed a repeat; beside it their score on random tokens, then by n-gram",
    columns: [
      headColumn(),
      "score",
      "low",
      "high",
      { name: "random", key: "randomScore" },
      ...byNgram.map(({ name }) => name),
    ],
    rows: top.map(({ layer, head, score, low, high, random }) => [
      { layer, head },
      score,
      low,
      high,
      random,
      ...byNgram.map(({ scores }) => scores[layer]![head]!),
    ]),
  };
}

function groupTable({ groups, top }: Repeats): StudyTable {
  const heads = top.slice(0, 4);
  return {
    caption: "Repeats by the length of what is repeated, and by how far back it lies",
    columns: ["repeats of", "number", "go on", "even", ...heads.map(headName)],
    rows: groups.map(({ name, repeats, continues, uniform, scores }) => [
      name,
      repeats,
      continues,
      uniform,
      ...heads.map(({ layer, head }) => scores[layer]![head]!),
    ]),
  };
}

function gapTable({ gapOn, gapOff, change, controlChange }: Pairs): StudyTable {
  const row = (what: string, { mean, interval }: Pairs["change"]) => [
    what,
    mean,
    ...(interval ?? [null, null]),
  ];
  return {
    caption: "Gap in log-probability of the target between the two prompts, nats",
    columns: ["what", { name: "mean", key: "meanNats" }, "low", "high"],
    rows: [
      row("heads on", gapOn),
      row("heads off", gapOff),
      row("change", change),
      row("change by as many other heads", controlChange),
    ],
  };
}

/** The four gaps, each with its interval. */
function gapChart(result: TextResult, pairs: Pairs): BarChart {
  const { gapOn, gapOff, change, controlChange } = pairs;
  const bar = (name: string, { mean, interval }: Pairs["change"]) => ({
    name,
    value: mean,
    low: interval?.[0] ?? null,
    high: interval?.[1] ?? null,
  });
  return {
    title: "Gap between the two prompts",
    subtitle: pictureLines(result),
    bars: [
      bar("heads on", gapOn),
      bar("heads off", gapOff),
      bar("change", change),
      bar("change by as many other heads", controlChange),
    ],
    valueLabel: "difference of the target's log-probability, nats",
    description: pairWords(pairs),
  };
}

function pairTable({ list }: Pairs): StudyTable {
  return {
    caption: "Every pair",
    columns: ["first prompt", "second prompt", "target", "on", "off", "controls"],
    rows: list.map(({ prompts, target, on, off, controls }) => [
      ...prompts,
      target,
      on,
      off,
      controls.map((gap) => gap.toFixed(3)).join(" "),
    ]),
  };
}
