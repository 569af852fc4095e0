/** @file What path patching shows. */
import type { PathResult } from "./result.ts";
import { aboutLines, divergingScale, tableText, type StudyView } from "../../draw/studyView.ts";

const ROUTE_WORDS = { q: "queries", k: "keys", v: "values", logits: "logits" } as const;

export function pathView(result: PathResult): StudyView {
  const { into, route, form, norm, metric, paths, model } = result;
  const where = into.length > 0 ? `the ${ROUTE_WORDS[route]} of ${into.join(", ")}` : "the logits";
  const [first, second] = paths;
  const name = (path: PathResult["paths"][number]) => path.from.join(" + ");
  const next = second ? `; next is ${name(second)} with ${tableText(second.drop)}` : "";
  const sentence = `Of the paths into ${where}, that from ${name(first!)} carries most: ${metric.name} drops by ${tableText(first!.drop)}${next}.`;
  const values = Array.from({ length: model.layers }, () =>
    new Array<number | null>(model.heads).fill(null),
  );
  for (const { from, drop } of paths) {
    const [layer, head] = from[0]!.split(".").map(Number) as [number, number];
    if (from.length === 1) values[layer]![head] = drop;
  }
  return {
    title: `Paths into ${where}: ${model.id}`,
    lines: [
      ...aboutLines(result),
      `paths: ${form}; the receivers' norm is ${norm}`,
      `${metric.name}: clean ${tableText(metric.clean)}, corrupted ${tableText(metric.corrupted)}`,
    ],
    sentences: [sentence],
    map: {
      title: `Paths into ${where}`,
      subtitle: aboutLines(result),
      values,
      scale: divergingScale(values),
      scaleLabel: `drop of ${metric.name} without the path`,
      description: sentence,
    },
    tables: [
      {
        caption: "Every path, largest drop first",
        columns: ["from", "value", "drop", "effect", "low", "high"],
        rows: paths.map((path) => [
          name(path),
          path.value,
          path.drop,
          path.effect,
          ...(path.interval ?? [null, null]),
        ]),
      },
    ],
    warnings: result.warnings,
  };
}
