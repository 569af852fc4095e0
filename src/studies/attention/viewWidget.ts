/** @file Tokens that show where they look and who looks at them, in a page that works offline, at any number of tokens. */
import type { AttentionResult } from "./result.ts";
import { markup, trusted } from "../../draw/markup.ts";
import { THEMES } from "../../draw/theme.ts";
import type { StudyWidget } from "../../draw/studyView.ts";

/** Reads the Result in the page; nothing but text of it gets into the document. */
export function attentionWidget({ heads, sequences }: AttentionResult): StudyWidget {
  const several = sequences.length > 1;
  const name = ({ layer, head, sequence }: AttentionResult["heads"][number]) =>
    `${layer}.${head}${several ? `, sequence ${sequence}` : ""}`;
  return {
    markup: markup`<style>${trusted(STYLE)}</style>
<section id="attention" aria-label="Attention by token">
<p class="controls"><label>head <select id="attention-head">
${heads.map((panel, index) => markup`<option value="${index}">${name(panel)}</option>`)}
</select></label>
<label><input type="radio" name="attention-way" value="row" checked> where it looks (its row)</label>
<label><input type="radio" name="attention-way" value="column"> who looks at it (its column)</label></p>
<p id="attention-words" role="status"></p>
<div class="attention-parts">
<div id="attention-tokens" role="group" aria-label="Tokens; arrow keys move"></div>
<figure><canvas id="attention-matrix" role="img" aria-label="Matrix: rows are queries, columns are keys"></canvas>
<figcaption>rows: query (looks) ↓ · columns: key (is looked at) →</figcaption></figure>
</div>
<noscript><p>Pointing at tokens needs scripts; the picture below shows the same numbers.</p></noscript>
</section>`,
    script: SCRIPT,
  };
}

const [light, dark] = [THEMES.light.sequential.at(-2)!, THEMES.dark.sequential.at(-2)!];

const STYLE = `
:root { --attention: ${light}; }
@media screen and (prefers-color-scheme: dark) { :root { --attention: ${dark}; } }
#attention { margin: 16px 0 24px; }
#attention .controls { display: flex; flex-wrap: wrap; gap: 4px 20px; max-width: none; }
#attention-words { min-height: 3em; max-width: none; font-variant-numeric: tabular-nums; }
.attention-parts { display: flex; flex-wrap: wrap; gap: 24px; align-items: flex-start; }
#attention-tokens { flex: 1 1 24rem; max-height: 70vh; overflow: auto; line-height: 1.9; font: 14px/1.9 ui-monospace, monospace; padding: 4px; }
#attention-tokens span { padding: 2px 1px; margin: 0 1px; border-radius: 3px; border: 1px solid color-mix(in srgb, var(--line) 40%, transparent); white-space: pre; cursor: pointer; }
#attention-tokens span.current { outline: 3px solid var(--text); }
#attention figure { margin: 0; }
#attention canvas { display: block; border: 1px solid var(--line); image-rendering: pixelated; cursor: crosshair; max-width: 100%; }
#attention figcaption { color: var(--second); font-size: 0.85rem; }
`;

const SCRIPT = `
(() => {
  const result = JSON.parse(document.getElementById("result").textContent);
  const { heads, sequences, values } = result.studies?.attention ?? result; // alone, or in an analysis
  const box = document.getElementById("attention-tokens");
  const words = document.getElementById("attention-words");
  const canvas = document.getElementById("attention-matrix");
  const chooser = document.getElementById("attention-head");
  const matrix = document.createElement("canvas");
  let panel, pieces, spans, current, bound, least;

  const shown = (piece) => piece.replaceAll(" ", "\\u00b7").replaceAll("\\n", "\\u21b5").replaceAll("\\t", "\\u21e5") || "\\u2205";
  const at = (query, key) => (key > query ? null : panel.weights[query][key]);
  const byRow = () => document.querySelector("[name=attention-way]:checked").value === "row";
  const number = (value) => (values === "pattern" ? value.toFixed(3) : value.toPrecision(3));

  function choose() {
    panel = heads[chooser.value];
    pieces = sequences[panel.sequence].pieces;
    const all = panel.weights.flat().filter((value) => value !== null);
    bound = values === "pattern" ? 1 : all.reduce((most, value) => Math.max(most, value), -Infinity);
    least = values === "scores" ? all.reduce((most, value) => Math.min(most, value), Infinity) : 0;
    current = Math.min(current ?? pieces.length - 1, pieces.length - 1);
    spans = pieces.map((piece, position) => {
      const span = document.createElement("span");
      span.textContent = shown(piece);
      span.dataset.position = position;
      span.tabIndex = position === current ? 0 : -1;
      return span;
    });
    box.replaceChildren(...spans.flatMap((span, position) =>
      pieces[position].includes("\\n") ? [span, document.createElement("br")] : [span, document.createTextNode("\\u200b")]));
    paint();
    show(current);
  }

  function show(position) {
    spans[current].classList.remove("current");
    spans[current].tabIndex = -1;
    current = position;
    spans[current].classList.add("current");
    spans[current].tabIndex = 0;
    const row = byRow();
    const value = (other) => (row ? at(position, other) : at(other, position));
    const listed = [];
    const seen = spans.map((_, other) => value(other)).filter((own) => own !== null);
    const [low, high] = values === "pattern" ? [0, 1] : [Math.min(least, ...seen), Math.max(...seen)];
    spans.forEach((span, other) => {
      const own = value(other);
      const percent = own === null ? 0 : Math.round((100 * (own - low)) / (high - low || 1));
      span.style.background = own === null || percent === 0 ? "" : "color-mix(in srgb, var(--attention) " + percent + "%, var(--panel))";
      span.style.color = percent > 45 ? "var(--panel)" : "";
      span.title = other + ": " + (own === null ? "cannot be seen" : number(own));
      if (own !== null) listed.push([own, other]);
    });
    listed.sort((one, other) => other[0] - one[0]);
    const best = listed.slice(0, 5).map(([own, other]) => shown(pieces[other]) + " at " + other + ": " + number(own));
    words.textContent = (row ? "Query " : "Key ") + position + " " + shown(pieces[position]) +
      (row ? " looks at " : " is looked at by ") + best.join(", ");
    outline(row);
  }

  /** The matrix itself, drawn once for each head and theme. */
  function paint() {
    const length = pieces.length;
    const cell = Math.max(1, Math.floor(420 / length));
    const style = getComputedStyle(document.documentElement);
    matrix.width = matrix.height = canvas.width = canvas.height = length * cell;
    const context = matrix.getContext("2d");
    context.fillStyle = style.getPropertyValue("--panel");
    context.fillRect(0, 0, matrix.width, matrix.height);
    context.fillStyle = style.getPropertyValue("--attention");
    panel.weights.forEach((weights, query) => weights.forEach((value, key) => {
      context.globalAlpha = value === null ? 0 : (value - least) / (bound - least || 1);
      context.fillRect(key * cell, query * cell, cell, cell);
    }));
  }

  function outline(row) {
    const context = canvas.getContext("2d");
    const cell = canvas.width / pieces.length;
    context.drawImage(matrix, 0, 0);
    context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--text");
    const place = current * cell - 0.5;
    if (row) context.strokeRect(0.5, place, canvas.width - 1, cell + 1);
    else context.strokeRect(place, 0.5, cell + 1, canvas.height - 1);
  }

  const pointed = (event) => event.target.dataset?.position;
  const react = (event) => { if (pointed(event) !== undefined) show(Number(pointed(event))); };
  box.addEventListener("pointerover", react);
  box.addEventListener("click", react);
  box.addEventListener("focusin", react);
  box.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const next = current + (step ?? 0);
    if (step === undefined || next < 0 || next >= pieces.length) return;
    event.preventDefault();
    show(next);
    spans[next].focus();
  });
  canvas.addEventListener("pointermove", (event) => {
    const size = canvas.getBoundingClientRect();
    const index = (offset, whole) => Math.min(pieces.length - 1, Math.max(0, Math.floor((offset / whole) * pieces.length)));
    const query = index(event.clientY - size.top, size.height);
    const key = index(event.clientX - size.left, size.width);
    if (query !== current && byRow()) show(query);
    if (key !== current && !byRow()) show(key);
    const value = at(query, key);
    canvas.title = "query " + query + " " + shown(pieces[query]) + ", key " + key + " " + shown(pieces[key]) + ": " +
      (value === null ? "cannot be seen" : number(value));
  });
  chooser.addEventListener("change", choose);
  for (const way of document.querySelectorAll("[name=attention-way]")) way.addEventListener("change", () => show(current));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", choose);
  choose();
})();
`;
