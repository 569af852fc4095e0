/** @file What attribution patching shows. */
import { headName } from "../../base/headName.ts";
import type { AttributionResult } from "./result.ts";
import { share, tableNumber } from "../../draw/numbers.ts";
import {
  aboutLines,
  divergingScale,
  headColumn,
  pictureLines,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";

export function attributionView(result: AttributionResult): StudyView {
  const { metric, mode, units, paths, screen, words } = result;
  const [first] = units;
  const values = first!.effect ?? first!.change;
  const what = first!.effect ? `effect on ${metric.name}` : `change of ${metric.name}`;
  const summary = bestWords(result);
  return {
    title: `Attribution patching (approximate): ${result.model.id}`,
    lines: [
      ...aboutLines(result),
      `gradients at the ${mode === "denoise" ? "corrupted" : "clean"} run, times what a patch would change`,
      `${metric.name}: clean ${tableNumber(metric.clean)}, corrupted ${tableNumber(metric.corrupted)}`,
    ],
    sentences: [summary, ...words],
    map: {
      title: `Estimated effect of ${first!.unit} (approximate)`,
      subtitle: pictureLines(result),
      values,
      scale: divergingScale(values),
      scaleLabel: `approximate ${what}`,
      rowName: "layer",
      columnName: first!.axes[1] === "kvHead" ? "key head" : "head",
      ...(screen && {
        marked: {
          heads: screen.confirmed.map(({ layer, head }) => ({ layer, head })),
          label: "run exactly",
        },
      }),
      description: summary,
    },
    tables: [
      ...(screen ? [screenTable(screen)] : []),
      unitTable(units),
      ...(paths ? [pathTable(paths)] : []),
    ] as [StudyTable, ...StudyTable[]],
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

function bestWords({ units, screen, metric }: AttributionResult): string {
  const [best] = screen?.confirmed ?? [];
  if (best)
    return `${headName(best)} has the largest exact effect of those that were run: ${share(best.effect)} (estimate ${share(best.estimate)}).`;
  const { unit, effect, change } = units[0]!;
  const all = (effect ?? change).flatMap((row, layer) =>
    row.map((value, head) => ({ name: headName({ layer, head }), value })),
  );
  const [first] = all.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return `Of ${unit}, ${first!.name} has the largest estimate: ${tableNumber(first!.value)}${effect ? " of the difference" : ` of ${metric.name}`}.`;
}

function screenTable({ unit, confirmed }: NonNullable<AttributionResult["screen"]>): StudyTable {
  return {
    caption: `Exact effects of ${unit}, largest first`,
    columns: [headColumn(), "why", "estimate", "effect", "low", "high"],
    rows: confirmed.map(({ layer, head, why, estimate, effect, low, high }) => [
      { layer, head },
      why,
      estimate,
      effect,
      low,
      high,
    ]),
  };
}

function unitTable(units: AttributionResult["units"]): StudyTable {
  return {
    caption: "Every estimate (approximate)",
    columns: ["unit", headColumn(), "change", "effect"],
    rows: units.flatMap(({ unit, change, effect }) =>
      change.flatMap((row, layer) =>
        row.map((value, head) => [unit, { layer, head }, value, effect?.[layer]?.[head] ?? null]),
      ),
    ),
  };
}

function pathTable({ count, top }: NonNullable<AttributionResult["paths"]>): StudyTable {
  return {
    caption: `Largest of ${count} paths (approximate)`,
    columns: ["from", "into", "route", "change", "effect", "low", "high"],
    rows: top.map(({ from, into, route, change, effect, interval }) => [
      from,
      into ?? "logits",
      route,
      change,
      effect,
      ...(interval ?? [null, null]),
    ]),
  };
}
