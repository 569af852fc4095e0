/** @file A score Result as one HTML file: the picture, the same numbers as a table, and the Result itself inside. */
import { scoreRow } from "../../measure/attentionTables.ts";
import { SCORE_NAMES, type ScoreResult } from "./result.ts";
import { markup, scriptJson, type Markup } from "../../draw/markup.ts";
import { intervalText, nats, share } from "../../draw/numbers.ts";
import { figure, page, type Pictures } from "../../draw/page.ts";
import { inputWords, intervalWords, modelWords, plural } from "./viewWords.ts";

/**
 * The page. Everything in it is text of the Result, escaped; the Result can be read back from the element `result`.
 *
 * @param pictures the head map in both themes, as SVG
 */
export function scoreHtml(result: ScoreResult, pictures: Pictures): Promise<string> {
  const title = scoreTitle(result);
  const body = markup`<h1>${title}</h1>
${scoreBody(result, pictures)}
<script type="application/json" id="result">${scriptJson(result)}</script>`;
  return page(title, body);
}

export const scoreTitle = ({ model }: ScoreResult) => `Induction score by head: ${model.id}`;

/** All of the page but its title and the Result. */
export function scoreBody(result: ScoreResult, pictures: Pictures): Markup {
  return markup`<p>${modelWords(result)}<br>${inputWords(result)}</p>
<p class="lead">${result.verdictInWords}</p>
${warnings(result)}
<h2>Top heads</h2>
${topTable(result)}
<h2>Every head</h2>
${figure("Heat map of the induction score", pictures)}
${headTable(result)}
<h2>Losses</h2>
${losses(result)}
<h2>Settings</h2>
${settings(result)}`;
}

function warnings({ warnings: all }: ScoreResult): Markup {
  if (all.length === 0) return markup``;
  return markup`<h2>Warnings</h2>
<ul>
${all.map((warning) => markup`<li>${warning}</li>`)}
</ul>`;
}

function topTable(result: ScoreResult): Markup {
  const rows = result.top.map(({ layer, head, score, low, high }) => {
    const interval = intervalText(low === null || high === null ? null : [low, high]);
    return markup`<tr><th scope="row">${layer}.${head}</th><td>${share(score)}</td><td>${interval}</td></tr>`;
  });
  const caption = `Heads with the highest induction score (layer.head); ${intervalWords(result)}. Uniform attention scores ${share(result.uniform.induction)}.`;
  return table(caption, ["head", "induction score", "95 % interval"], rows);
}

function headTable({ scores, intervals, uniform }: ScoreResult): Markup {
  const rows = scores.induction.flatMap((row, layer) =>
    row.map((_, head) => {
      const numbers = SCORE_NAMES.map((name) => scores[name][layer]![head]!);
      const ends = intervals.induction[layer]![head] ?? [null, null];
      const cells = [...numbers, ...ends].map(
        (value) => markup`<td>${value?.toFixed(3) ?? "–"}</td>`,
      );
      return markup`<tr><th scope="row">${layer}.${head}</th>${cells}</tr>`;
    }),
  );
  const columns = [
    "head",
    ...SCORE_NAMES.map((name) => scoreRow(name).title),
    "induction, low",
    "induction, high",
  ];
  const nulls = SCORE_NAMES.map((name) => `${scoreRow(name).title} ${share(uniform[name])}`);
  const caption = `Mean attention weights of every head (layer.head), 0 to 1, with the 95 % interval of induction. Uniform attention scores: ${nulls.join(", ")}.`;
  return markup`<div class="scroll" role="group" tabindex="0" aria-label="Scores of every head">
${table(caption, columns, rows, "sortable")}
</div>`;
}

function table(
  caption: string,
  columns: readonly string[],
  rows: readonly Markup[],
  kind = "short",
): Markup {
  return markup`<table class="${kind}">
<caption>${caption}</caption>
<thead><tr>${columns.map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>
${rows}
</tbody>
</table>`;
}

function losses({ loss }: ScoreResult): Markup {
  if (loss === null) return markup`<p>Losses were not asked for.</p>`;
  const names = { firstCopy: "first copy", secondCopy: "second copy", copyGain: "copy gain" };
  const rows = (["firstCopy", "secondCopy", "copyGain"] as const).map((name) => {
    const interval = loss.intervals[name];
    const text = interval === null ? "–" : `[${nats(interval[0])}, ${nats(interval[1])}]`;
    return markup`<tr><th scope="row">${names[name]}</th><td>${nats(loss[name])}</td><td>${text}</td></tr>`;
  });
  const caption = `Mean -log p of the tokens of each copy but its first, in nats, over ${plural(loss.examples, "example")}.`;
  return table(caption, ["loss", "nats", "95 % interval"], rows);
}

function settings({ version, model, input, environment }: ScoreResult): Markup {
  const versions = Object.entries(environment.versions).map(([name, value]) => `${name} ${value}`);
  const entries: Record<string, string | number> = {
    model: model.id,
    family: model.family,
    revision: model.revision ?? "–",
    "sha256 of the weights": model.sha256,
    layers: model.layers,
    heads: `${model.heads} query heads, ${model.kvHeads} key and value heads`,
    weights: model.processing === "none" ? "as they are" : model.processing,
    input: input.kind,
    seed: input.seed ?? "–",
    examples: input.examples,
    "tokens in a row": input.length,
    period: input.period ?? "–",
    BOS: `${input.bos ? `on (token ${input.bosToken ?? "unknown"})` : "off"}: ${input.bosPolicy}`,
    "sha256 of the tokens": input.tokensSha256 ?? "–",
    device: `${environment.device}, ${plural(environment.threads, "thread")}`,
    versions: [`induction-lens ${version}`, ...versions].join(", "),
  };
  return markup`<dl>
${Object.entries(entries).map(([term, value]) => markup`<dt>${term}</dt><dd>${value}</dd>`)}
</dl>`;
}
