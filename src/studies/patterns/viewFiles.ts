/** @file A score-patterns Result as files: what each format shows of it. */
import type { PatternsResult } from "./result.ts";
import { csvText } from "../../draw/csv.ts";
import { attentionWords } from "./viewText.ts";
import type { HeadMap } from "../../draw/headMap.ts";
import { drawnInNode } from "../../draw/drawnInNode.ts";
import { lazySvg } from "../../draw/lazySvg.ts";
import { markup, scriptJson } from "../../draw/markup.ts";
import { share } from "../../draw/numbers.ts";
import type { Pictures } from "../../draw/page.ts";
import { writeReport } from "../../draw/write.ts";

/**
 * Writes a Result of `score-patterns` to `file`: .png, .svg, .html, .csv or .json; the whole file or nothing.
 *
 * @throws {InputError} "output" for an extension that is not known, or a place that cannot be written
 */
export function writePatterns(result: PatternsResult, file: string): Promise<void> {
  const html = (pictures: Pictures) => patternsHtml(result, pictures);
  return writeReport(
    {
      result,
      svg: lazySvg(patternsHeadMap(result), drawnInNode),
      html,
      csv: () => patternsCsv(result),
    },
    file,
  );
}

/** One row for each head, one column for each convention that was measured; empty where there is no value. */
export function patternsCsv({ attention, conventions }: PatternsResult): string {
  const header = ["layer", "head", ...conventions.map(({ convention }) => convention)];
  const rows = attention.layers.flatMap((layer, index) =>
    Array.from({ length: attention.heads }, (_, head) => [
      layer,
      head,
      ...conventions.map(({ values }) => values[index]![head] ?? ""),
    ]),
  );
  return csvText([header, ...rows]);
}

/** The heat map of the primary convention. */
export function patternsHeadMap(result: PatternsResult): HeadMap {
  const { attention, conventions, primary, verdictInWords, warnings } = result;
  const main = conventions.find(({ convention }) => convention === primary);
  const none = attention.layers.map(() => new Array<null>(attention.heads).fill(null));
  const inOrder = attention.layers.every((layer, index) => layer === index);
  const numbers = inOrder ? [] : [`Rows are layers ${attention.layers.join(", ")}.`];
  return {
    title: `${primary} by head`,
    subtitle: [attentionWords(result), verdictInWords],
    values: main?.values ?? none,
    scale: { kind: "sequential", bound: 1 },
    scaleLabel: main?.formula ?? "not measured",
    ...(main && {
      reference: { value: main.null, label: `even attention scores ${share(main.null)}` },
    }),
    notes: [...numbers, ...warnings],
    description: verdictInWords,
  };
}

async function patternsHtml(result: PatternsResult, pictures: Pictures): Promise<string> {
  const { figure, page } = await import("../../draw/page.ts");
  const { attention, conventions } = result;
  const rows = attention.layers.flatMap((layer, index) =>
    Array.from({ length: attention.heads }, (_, head) => {
      const cells = conventions.map(({ values }) => values[index]![head]?.toFixed(3) ?? "–");
      return markup`<tr><th scope="row">${layer}.${head}</th>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>`;
    }),
  );
  const columns = ["head", ...conventions.map(({ convention }) => convention)];
  const body = markup`<h1>Attention of ${attention.name}</h1>
<p>${attentionWords(result)}</p>
<p class="lead">${result.verdictInWords}</p>
${result.warnings.map((warning) => markup`<p>warning: ${warning}</p>`)}
${figure(`${result.primary} by head`, pictures)}
<div class="scroll" role="group" tabindex="0" aria-label="Scores of every head">
<table class="sortable">
<caption>Every head (layer.head) by every convention that fits.</caption>
<thead><tr>${columns.map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>
${rows}
</tbody>
</table>
</div>
<dl>
${conventions.map(({ convention, formula, source, null: floor, ceiling }) => markup`<dt>${convention}</dt><dd>${formula} (${source}); null ${share(floor)}, ceiling ${share(ceiling)}</dd>`)}
</dl>
<script type="application/json" id="result">${scriptJson(result)}</script>`;
  return page(`Attention of ${attention.name}`, body);
}
