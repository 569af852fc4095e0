/** @file What `ablate` shows. */
import type { AblateResult } from "../../results/ablate.ts";
import { nats } from "../numbers.ts";
import { aboutLines, divergingScale, type StudyTable, type StudyView } from "../studyView.ts";

const KIND_WORDS = {
  zero: "the head's output z is zero",
  mean: "the head's output z is its mean by position over reference rows",
  resample: "the head's output z is that of a reference row",
  "pattern-preserving": "the head's output z is zero, and all attention patterns stay as they were",
} as const;

export function ablateView(result: AblateResult): StudyView {
  const { kind, reference, given, loss, heads, sets, ideal, words } = result;
  const values = heads?.delta.secondCopy;
  const tables: StudyTable[] = [
    ...(heads ? [headTable(heads)] : []),
    ...(sets.length > 0 ? [setTable(sets)] : []),
    ...(ideal.length > 0 ? [idealTable(ideal)] : []),
  ];
  return {
    title: `Ablation (${kind}): ${result.model.id}`,
    lines: [
      ...aboutLines(result),
      `ablated: ${KIND_WORDS[kind]}${reference ? ` (${reference.examples} rows: ${reference.what})` : ""}`,
      ...(given.length > 0 ? [`in every run, these are ablated too: ${given.join(", ")}`] : []),
      `loss in nats before: first copy ${nats(loss.firstCopy)}, second copy ${nats(loss.secondCopy)}`,
    ],
    sentences: words.length > 0 ? words : [worstWords(result)],
    map: values
      ? {
          title: `Ablation (${kind}) by head`,
          subtitle: aboutLines(result),
          values,
          scale: divergingScale(values),
          scaleLabel: "change of the loss of the second copy, nats",
          description: worstWords(result),
        }
      : null,
    tables: tables as [StudyTable, ...StudyTable[]],
    warnings: result.warnings,
  };
}

function headTable({ delta, intervals }: NonNullable<AblateResult["heads"]>): StudyTable {
  return {
    caption: "Each head alone: change of the losses, nats",
    columns: ["layer", "head", "firstCopy", "secondCopy", "low", "high"],
    rows: delta.secondCopy.flatMap((row, layer) =>
      row.map((second, head) => [
        layer,
        head,
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
    columns: ["heads", "firstCopy", "secondCopy", "low", "high", "sumOfAlone", "synergy"],
    rows: sets.map(({ heads, firstCopy, secondCopy, interval, sumOfAlone, synergy }) => [
      heads.join(" "),
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
    columns: ["head", "pattern", "secondCopy", "kept"],
    rows: ideal.map(({ head, pattern, secondCopy, kept }) => [head, pattern, secondCopy, kept]),
  };
}

function worstWords({ heads, sets, ideal }: AblateResult): string {
  const all = heads
    ? heads.delta.secondCopy.flatMap((row, layer) =>
        row.map((delta, head) => ({ name: `${layer}.${head}`, delta })),
      )
    : sets.map((set) => ({ name: set.heads.join(", "), delta: set.secondCopy }));
  const [worst] = all.sort((a, b) => b.delta - a.delta);
  if (worst) return `The second copy needs ${worst.name} most: ${nats(worst.delta)} nats without.`;
  const [best] = ideal.toSorted((a, b) => (b.kept ?? -Infinity) - (a.kept ?? -Infinity));
  return best
    ? `An exact ${best.pattern} pattern keeps ${((best.kept ?? 0) * 100).toFixed(0)} % of what ${best.head} does.`
    : "Nothing was ablated.";
}
