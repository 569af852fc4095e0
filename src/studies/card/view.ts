/** @file What a card shows: its verdict, the losses, what others say, what was not tested. */
import { plural } from "../../base/plural.ts";
import { headColumn, type StudyTable, type StudyView } from "../../draw/studyView.ts";
import { verdictView } from "../verdict/view.ts";
import type { CardResult } from "./result.ts";
import { headName } from "../../base/headName.ts";

export function cardView(result: CardResult): StudyView {
  const { verdict, model, parameters } = result;
  const view = verdictView(verdict);
  return {
    ...view,
    title: `Heads of ${model.id}`,
    lines: [...view.lines, `${parameters.toLocaleString("en-GB")} parameters`],
    sentences: [...verdict.words, ...disagreementWords(result)],
    tables: [...view.tables, lossTable(result), publishedTable(result), notTestedTable(result)],
  };
}

/** What the card says otherwise than others, in a sentence; none where nobody published anything. */
export function disagreementWords({ published }: Pick<CardResult, "published">): string[] {
  if (published.length === 0) return [];
  const others = published.filter(({ agrees }) => !agrees);
  const list = others.map((fact) => `${headName(fact)} (${fact.called}; here ${fact.ours})`);
  return [
    others.length === 0
      ? `The labels agree with what was published (heads: ${published.length}).`
      : `Of the heads that others wrote about (${published.length}), the labels differ for ${list.join(", ")}.`,
  ];
}

export const LOSSES = {
  firstCopy: "first copy",
  secondCopy: "second copy",
  copyGain: "copy gain",
} as const;
export const LOSS_NAMES = Object.keys(LOSSES) as (keyof typeof LOSSES)[];

function lossTable({ losses }: CardResult): StudyTable {
  return {
    caption: `Losses over ${plural(losses.examples, "sequence")}, nats`,
    columns: ["loss", "nats", "low", "high"],
    rows: LOSS_NAMES.map((name) => [
      LOSSES[name],
      losses[name].value,
      ...(losses[name].interval ?? [null, null]),
    ]),
  };
}

function publishedTable({ published }: CardResult): StudyTable {
  return {
    caption: "What others published of these heads",
    columns: [headColumn(), "called", "here", "agrees", "how they decided", "source"],
    rows: published.map(({ layer, head, called: term, ours, agrees, convention, source }) => [
      { layer, head },
      term,
      ours,
      agrees ? "yes" : "no",
      convention,
      source,
    ]),
  };
}

function notTestedTable({ notTested }: CardResult): StudyTable {
  return { caption: "Not tested", columns: ["what"], rows: notTested.map((text) => [text]) };
}
