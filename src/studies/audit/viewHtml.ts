/** @file An audit as one HTML file: the picture, the table with formulas and words, and the Result itself inside. */
import type { AuditResult } from "./result.ts";
import { AUDIT_COLUMNS, confusions, layoutWords, type AuditConvention } from "./viewWords.ts";
import { markup, scriptJson, type Markup } from "../../draw/markup.ts";
import { figure, page, type Pictures } from "../../draw/page.ts";

/**
 * The page. Everything in it is text of the Result, escaped; the Result can be read back from the element `result`.
 *
 * @param pictures the table as a picture in both themes, as SVG
 */
export function auditHtml(result: AuditResult, pictures: Pictures): Promise<string> {
  const title = "Audit: what every convention makes of ideal heads";
  const columns = ["convention", "finds", ...AUDIT_COLUMNS.map((column) => column.title)];
  const body = markup`<h1>${title}</h1>
<p>${layoutWords(result)}</p>
<p class="lead">${result.summary}</p>
${result.warnings.map((warning) => markup`<p>warning: ${warning}</p>`)}
${figure("Conventions and ideal heads", pictures)}
<h2>Every digit</h2>
<div class="scroll" role="group" tabindex="0" aria-label="Scores of ideal heads">
<table class="sortable">
<caption>Ceiling, and the score of each ideal head; a dash is 0/0.</caption>
<thead><tr>${columns.map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>
${result.conventions.map(numberRow)}
</tbody>
</table>
</div>
<h2>Formulas, and what they confuse</h2>
<dl>
${result.conventions.map(words)}
</dl>
<script type="application/json" id="result">${scriptJson(result)}</script>`;
  return page(title, body);
}

function numberRow(convention: AuditConvention): Markup {
  const numbers = AUDIT_COLUMNS.map(({ valueOf }) => valueOf(convention)?.toFixed(4) ?? "–");
  return markup`<tr><th scope="row">${convention.convention}</th><td>${convention.finds}</td>${numbers.map((number) => markup`<td>${number}</td>`)}</tr>`;
}

function words(convention: AuditConvention): Markup {
  const { formula, source } = convention;
  return markup`<dt>${convention.convention}</dt><dd>${formula} (${source}). ${confusions(convention)}.</dd>`;
}
