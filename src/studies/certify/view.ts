/** @file What `certify` shows: what is proved, what was found, and what each step of the proof loses. */
import { headName } from "../../base/headName.ts";
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
import { roundedDown, roundedUp } from "../../measure/certificate/safeRounding.ts";
import type { CertifyResult } from "./result.ts";

export function certifyView(result: CertifyResult): StudyView {
  const { family, search, words, assumptions } = result;
  return {
    title: `Certificates: ${result.model.id}`,
    lines: [
      ...aboutLines(result),
      `family: ${family.bos ? "BOS, then " : ""}${family.period} different tokens out of ${family.tokens}, twice; bounds hold for each of them`,
      `searched beside it: ${search.random} random sequences and ${search.adversarial} that were changed towards less attention`,
    ],
    sentences: words,
    pictures: [barPicture(chart(result))],
    map: null,
    tables: [
      headTable(result),
      lossTable(result),
      beforeTable(result),
      assumptionTable(assumptions),
    ],
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

const MOST_HEADS = 12;
/** Decimals that a bar's number has. */
const BAR_DECIMALS = 2;

function chart(result: CertifyResult): BarChart {
  const { heads, uniform, words } = result;
  const best = heads.toSorted((a, b) => b.least - a.least).slice(0, MOST_HEADS);
  const bar = (name: string, value: number) => ({ name, value, low: null, high: null });
  return {
    title: "Least attention to the induction target, on every sequence",
    subtitle: pictureLines(result),
    bars: best.flatMap(({ least, found: measured, ...head }) => [
      bar(`${headName(head)} proved`, roundedDown(least, BAR_DECIMALS)),
      bar(`${headName(head)} found`, roundedUp(measured.least, BAR_DECIMALS)),
    ]),
    valueLabel: "attention; the truth lies between proved and found",
    reference: { value: uniform, label: "most that uniform attention pays" },
    notes: heads.length > best.length ? [`${best.length} of ${heads.length} heads.`] : [],
    description: words.join(" "),
  };
}

function headTable({ heads, uniform }: CertifyResult): StudyTable {
  return {
    caption: `Attention to the induction target: proved on every sequence, and found; uniform attention pays up to ${uniform.toFixed(3)}`,
    columns: [
      headColumn(),
      "certificate",
      { name: "proved least", key: "provedLeast" },
      { name: "found least", key: "foundLeast" },
      "looseness",
      { name: "proved mean", key: "provedMean" },
      { name: "found mean", key: "foundMean" },
    ],
    rows: heads.map(({ layer, head, certified, least, mean, found: measured, looseness }) => [
      { layer, head },
      certified ? "yes" : "no",
      roundedDown(least),
      roundedUp(measured.least),
      roundedUp(looseness),
      roundedDown(mean),
      roundedUp(measured.mean),
    ]),
  };
}

function lossTable({ heads }: CertifyResult): StudyTable {
  return {
    caption:
      "The bound at its worst query if a step lost nothing (not proved): the rest of the first layer's attention, what the first layer writes at the query, scales of norms",
    columns: [headColumn(), "bound", "rest", "query", "scale", "all"],
    rows: heads.map(({ layer, head, least, without }) => [
      { layer, head },
      ...[least, without.rest, without.query, without.scale, without.all].map((bound) =>
        roundedDown(bound),
      ),
    ]),
  };
}

function beforeTable({ before }: CertifyResult): StudyTable {
  return {
    caption: "Proved of the first layer: the least attention to the token before",
    columns: [headColumn(), "least"],
    rows: before.map(({ layer, head, least }) => [{ layer, head }, roundedDown(least)]),
  };
}

function assumptionTable(assumptions: readonly string[]): StudyTable {
  return {
    caption: "What the proof assumes",
    columns: ["assumption"],
    rows: assumptions.map((assumption) => [assumption]),
  };
}
