/** @file An atlas as files: one page of all models and heads with its search, a page and the JSON of each card. All work offline. */
import { drawnInNode } from "../../draw/drawnInNode.ts";
import { figureMarkup } from "../../draw/figureMarkup.ts";
import { FILTER_SCRIPT } from "../../draw/filterScript.ts";
import { jsonText } from "../../draw/json.ts";
import { markup, type Markup } from "../../draw/markup.ts";
import { plural } from "../../base/plural.ts";
import { page } from "../../draw/page.ts";
import { scriptsOf, studyBody } from "../../draw/studyBody.ts";
import { tableMarkup } from "../../draw/tableMarkup.ts";
import { FLAGS, LABELS } from "../../measure/verdict/names.ts";
import { cardView } from "../../studies/card/view.ts";
import { strengthOf } from "../../studies/verdict/view.ts";
import { familyPlots } from "./familyPlots.ts";
import type { AtlasCard } from "./readCards.ts";

/** Names of the files of `atlasFiles`, before anything is drawn. */
export function atlasNames(cards: readonly AtlasCard[]): string[] {
  return ["index.html", ...cards.flatMap(({ slug }) => [`${slug}.html`, `${slug}.json`])];
}

/** @param progress told of each file */
export async function atlasFiles(
  cards: readonly AtlasCard[],
  title: string,
  progress: (done: number, total: number) => void,
): Promise<ReadonlyMap<string, string>> {
  const files = new Map([["index.html", await indexPage(cards, title)]]);
  for (const [place, { slug, card }] of cards.entries()) {
    progress(place, cards.length);
    files.set(`${slug}.html`, await modelPage({ slug, card }, title));
    files.set(`${slug}.json`, jsonText(card));
  }
  progress(cards.length, cards.length);
  return files;
}

async function modelPage({ slug, card }: AtlasCard, title: string): Promise<string> {
  const view = cardView(card);
  const body = markup`<p><a href="index.html">${title}</a></p>
<h1>${view.title}</h1>
${await studyBody(view, drawnInNode, { element: "result", path: [] })}
<p>All of it as data: <a href="${slug}.json">${slug}.json</a></p>`;
  return page(view.title, body, scriptsOf(view));
}

async function indexPage(cards: readonly AtlasCard[], title: string): Promise<string> {
  const heads = cards.reduce((sum, { card }) => sum + card.verdict.heads.length, 0);
  const families = new Set(cards.map(({ card }) => card.model.family)).size;
  const plots = await Promise.all(
    familyPlots(cards.map(({ card }) => card)).map((plot) => figureMarkup(plot, drawnInNode)),
  );
  const body = markup`<h1>${title}</h1>
<p class="lead">${plural(cards.length, "model")} of ${families === 1 ? "one family" : `${families} families`}, ${plural(heads, "head")}: what each head is, with its evidence.</p>
<h2>Models</h2>
${modelTable(cards)}
<p>${NO_CARD}</p>
<h2>Heads</h2>
${headSearch(cards)}
${headTable(cards)}
${
  plots.length > 0
    ? markup`<h2>Families</h2>
<p>A family is an architecture here: its models may differ in data, vocabulary and all else too.</p>`
    : markup``
}
${plots}`;
  return page(title, body, [FILTER_SCRIPT]);
}

const NO_CARD =
  "A card is made of a verdict, which goes by the loss of the token that comes next. Models without such a loss have none: of encoders (BERT, ViT) and encoder-decoders (T5, Whisper), score and ablate say which heads attend and which the copy needs.";

const link = ({ slug, card }: AtlasCard) => ({ text: card.model.id, href: `${slug}.html` });
const cell = (value: number, text: string) => ({ value, text });

const MODEL_COLUMNS = [
  ...["model", "family", "parameters", "layers", "heads", "induction heads", "copy gain, nats"],
  ...["low", "high", "verdict"],
];

function modelTable(cards: readonly AtlasCard[]): Markup {
  const rows = cards.map((entry) => {
    const { model, parameters, verdict, losses } = entry.card;
    const { value, interval } = losses.copyGain;
    return [
      ...[link(entry), model.family, cell(parameters, parameters.toLocaleString("en-GB"))],
      ...[model.layers, model.layers * model.heads, verdict.counts.induction ?? 0],
      ...[value, interval?.[0] ?? null, interval?.[1] ?? null],
      verdict.screened.quick ? "quick" : "full",
    ];
  });
  const caption = "Models; the interval is of the copy gain, 95 %";
  return tableMarkup({ id: "models", caption, columns: MODEL_COLUMNS, rows });
}

const HEAD_COLUMNS = [
  "model",
  "head",
  "depth",
  "label",
  "flags",
  "attention",
  "low",
  "high",
  "writes",
];
const LABEL_COLUMN = HEAD_COLUMNS.indexOf("label");
const FLAG_COLUMN = HEAD_COLUMNS.indexOf("flags");

function headTable(cards: readonly AtlasCard[]): Markup {
  const rows = cards.flatMap((entry) =>
    entry.card.verdict.heads.map((head) => {
      const { depth, label, flags } = head;
      const strength = strengthOf(head);
      return [
        ...[link(entry), { layer: head.layer, head: head.head }],
        ...[cell(depth, depth.toFixed(2)), label, flags.join(" ")],
        ...[strength?.value ?? null, strength?.low ?? null, strength?.high ?? null],
        head.evidence.copying?.effect?.value ?? null,
      ];
    }),
  );
  const caption =
    "Heads: attention that the label speaks of with its 95 % interval, and direct effect on the right logit";
  return tableMarkup({ id: "heads", caption, columns: HEAD_COLUMNS, rows });
}

/** Shown by its script alone, which it is of no use without. */
function headSearch(cards: readonly AtlasCard[]): Markup {
  const heads = cards.flatMap(({ card }) => card.verdict.heads);
  const labels = LABELS.filter((label) => heads.some((head) => head.label === label));
  const flags = FLAGS.filter((flag) => heads.some((head) => head.flags.includes(flag)));
  const choice = (name: string, column: number, options: readonly string[]) =>
    markup`<label>${name} <select name="${name}" data-column="${column}"><option value="">any</option>${options.map((option) => markup`<option>${option}</option>`)}</select></label>`;
  return markup`<div class="filter" data-table="heads" role="search" hidden>
${choice("label", LABEL_COLUMN, labels)}
${choice("flag", FLAG_COLUMN, flags)}
<label>text <input type="search" name="text" placeholder="model or head"></label>
<output aria-live="polite"></output>
</div>`;
}
