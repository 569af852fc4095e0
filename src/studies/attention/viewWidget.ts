/** @file Tokens that show where they look and who looks at them, in a page that works offline, at any number of tokens. */
import { headName } from "../../base/headName.ts";
import type { AttentionResult } from "./result.ts";
import { markup, trustMarkup } from "../../draw/markup.ts";
import type { StudyWidget } from "../../draw/studyView.ts";
import { THEMES } from "../../draw/theme.ts";
import { ATTENTION_SCRIPT } from "./viewScript.ts";

/** The section of the page; `viewInPage.ts` fills it. */
export function attentionWidget({ heads, sequences }: AttentionResult): StudyWidget {
  const several = sequences.length > 1;
  const name = ({ layer, head, sequence }: AttentionResult["heads"][number]) =>
    `${headName({ layer, head })}${several ? `, sequence ${sequence}` : ""}`;
  return {
    markup: ({ element, path }) => {
      const group = ["attention", element, ...path].join("-");
      return markup`<style>${trustMarkup(STYLE)}</style>
<section class="attention" aria-label="Attention by token" data-element="${element}" data-path="${JSON.stringify(path)}">
<p class="controls"><label>head <select>
${heads.map((panel, index) => markup`<option value="${index}">${name(panel)}</option>`)}
</select></label>
<label><input type="radio" name="${group}" value="row" checked> where it looks (its row)</label>
<label><input type="radio" name="${group}" value="column"> who looks at it (its column)</label></p>
<p class="attention-words" role="status"></p>
<div class="attention-parts">
<div class="attention-tokens" role="group" aria-label="Tokens; arrow keys move"></div>
<figure><canvas role="img" aria-label="Matrix: rows are queries, columns are keys"></canvas>
<figcaption>rows: query (looks) ↓ · columns: key (is looked at) →</figcaption></figure>
</div>
<noscript><p>Pointing at tokens needs scripts; the picture below shows the same numbers.</p></noscript>
</section>`;
    },
    script: ATTENTION_SCRIPT,
  };
}

const [light, dark] = [THEMES.light.sequential.at(-2)!, THEMES.dark.sequential.at(-2)!];

const STYLE = `
:root { --attention: ${light}; }
@media screen and (prefers-color-scheme: dark) { :root { --attention: ${dark}; } }
.attention { margin: 16px 0 24px; }
.attention .controls { display: flex; flex-wrap: wrap; gap: 4px 20px; max-width: none; }
.attention-words { min-height: 3em; max-width: none; font-variant-numeric: tabular-nums; }
.attention-parts { display: flex; flex-wrap: wrap; gap: 24px; align-items: flex-start; }
.attention-tokens { flex: 1 1 24rem; max-height: 70vh; overflow: auto; line-height: 1.9; font: 14px/1.9 ui-monospace, monospace; padding: 4px; }
.attention-tokens span { padding: 2px 1px; margin: 0 1px; border-radius: 3px; border: 1px solid color-mix(in srgb, var(--line) 40%, transparent); white-space: pre; cursor: pointer; }
.attention-tokens span.current { outline: 3px solid var(--text); }
.attention figure { margin: 0; }
.attention canvas { display: block; border: 1px solid var(--line); image-rendering: pixelated; cursor: crosshair; max-width: 100%; }
.attention figcaption { color: var(--second); font-size: 0.85rem; }
`;
