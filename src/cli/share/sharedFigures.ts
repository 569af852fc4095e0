/** @file The figures of a shared explorer, each a page of its own for an iframe, and a page that lists them with their snippets. */
import { headName } from "../../base/headName.ts";
import type { Arcs } from "../../draw/arcs.ts";
import { drawnInNode } from "../../draw/drawnInNode.ts";
import { figurePage, type FigurePage } from "../../draw/figurePage.ts";
import { markup, type Markup } from "../../draw/markup.ts";
import { page } from "../../draw/page.ts";
import { arcsPicture, mapPicture } from "../../draw/pictures.ts";
import { tokenText } from "../../draw/tokenText.ts";
import { wordOf } from "../../draw/tokenWords.ts";
import { attentionView } from "../../studies/attention/view.ts";
import { attentionArcs } from "../../studies/attention/viewArcs.ts";
import { scoreHeadMap, scoreView } from "../../studies/score/view.ts";
import { viewOf } from "../../studies/views.ts";
import type { SharedResults } from "./sharedResults.ts";

interface Figure extends Omit<FigurePage, "link"> {
  /** Of its file, without ending. */
  readonly name: string;
  /** The view of the explorer that shows the same. */
  readonly view: string;
}

/** Pages by their paths in the folder. */
export async function sharedFigures(
  results: SharedResults,
  drawnArcs: Arcs | null,
): Promise<Map<string, string>> {
  const figures = [
    ...arcsOf(results, drawnArcs),
    ...(await circuitOf(results)),
    mapOf(results),
    patternOf(results),
  ];
  const files = new Map<string, string>();
  for (const figure of figures) {
    const link = `../#view=${figure.view}`;
    files.set(`figure/${figure.name}.html`, await figurePage({ ...figure, link }, drawnInNode));
  }
  files.set("figure/index.html", await listOf(figures));
  return files;
}

/** The two heads of induction on the example. */
export function sharedArcs({ example, isWorded }: SharedResults): Arcs | null {
  if (!example) return null;
  return attentionArcs(example.result, example.place, (piece) =>
    isWorded ? wordOf(Number(piece)) : tokenText(piece, Infinity),
  );
}

function arcsOf({ example }: SharedResults, arcs: Arcs | null): Figure[] {
  if (!example || !arcs) return [];
  const { place } = example;
  const rows = arcs.arcs.map(({ role, from, to, weight }) => [
    headName(role === "induction" ? place.induction : place.previous!),
    from,
    arcs.pieces[from]!,
    to,
    arcs.pieces[to]!,
    weight,
  ]);
  return [
    {
      name: "arcs",
      view: "start",
      title: arcs.title,
      words: [`${arcs.description}.`],
      picture: arcsPicture(arcs),
      table: {
        caption: "What the arcs show, as attention from 0 to 1",
        columns: ["head", "query", "token", "key", "looks at", "weight"],
        rows,
      },
    },
  ];
}

async function circuitOf({ verdict }: SharedResults): Promise<Figure[]> {
  const { title, pictures, tables } = await viewOf({ name: "verdict", result: verdict });
  const [picture] = pictures ?? []; // none where no head acts on what it sees
  if (!picture) return [];
  return [
    { name: "circuit", view: "heads", title, words: verdict.words, picture, table: tables[0] },
  ];
}

function mapOf({ score }: SharedResults): Figure {
  const { title, tables } = scoreView(score);
  const words = [score.verdictInWords];
  return {
    name: "map",
    view: "heads",
    title,
    words,
    picture: mapPicture(scoreHeadMap(score)),
    table: tables[0],
  };
}

/** One head alone: that of the view. */
function patternOf({ attention, head }: SharedResults): Figure {
  const heads = attention.heads.filter((panel) => panel.head === head.head);
  const { title, sentences, pictures, tables } = attentionView({ ...attention, heads });
  return {
    name: "pattern",
    view: `attention&head=${headName(head)}`,
    title,
    words: sentences,
    picture: pictures![0]!,
    table: tables[1]!,
  };
}

/** Pixels that a frame of up to 900 takes for a small model's figure as it is first seen; more than that scrolls. */
const HEIGHTS: Readonly<Record<string, number>> = {
  arcs: 540,
  circuit: 790,
  map: 490,
  pattern: 1060,
};

async function listOf(figures: readonly Figure[]): Promise<string> {
  const sections = figures.map(({ name, title }): Markup => {
    const snippet = `<iframe src="https://YOUR.HOST/FOLDER/figure/${name}.html" title="${title.replaceAll('"', "'")}" width="100%" height="${HEIGHTS[name]!}" style="border: 0" loading="lazy" sandbox="allow-scripts allow-popups allow-popups-to-escape-sandbox"></iframe>`;
    return markup`<h2>${title}</h2>
<p><a href="${name}.html">${name}.html</a></p>
<div class="scroll" role="group" tabindex="0" aria-label="Snippet of ${name}"><pre><code>${snippet}</code></pre></div>`;
  });
  return page(
    "Figures for other pages",
    markup`<h1>Figures for other pages</h1>
<p>Each is one file with everything in it. Put the address of this folder into its snippet. sandbox="allow-scripts" is enough
for the figure; the two others let its link open the explorer. #theme=light or #theme=dark after the address holds one theme.</p>
${sections}`,
  );
}
