/** @file One figure as a page for an iframe: everything is in the file, so it works on any host and in `sandbox="allow-scripts"`. */
import { figureMarkup } from "./figureMarkup.ts";
import { lazySvg, type SvgMaker } from "./lazySvg.ts";
import { markup, trustMarkup, type Markup } from "./markup.ts";
import { page } from "./page.ts";
import type { StudyPicture, StudyTable } from "./studyView.ts";
import { tableMarkup } from "./tableMarkup.ts";
import { THEMES, type Theme } from "./theme.ts";

export interface FigurePage {
  readonly title: string;
  /** What the figure shows, in a sentence or two. */
  readonly words: readonly string[];
  readonly picture: StudyPicture;
  /** Its numbers. */
  readonly table: StudyTable;
  /** Where the same can be looked at with the model at hand; null: nowhere. */
  readonly link: string | null;
}

/** A picture is made as small as this to fit a narrow frame; after that it scrolls. */
const SHRUNK = 0.6;

/** Bytes of a page for an iframe that a blog's readers do not wait for. */
const ROOM = 120_000;

/**
 * The figure in light and dark, its words, and its numbers as a table. `#theme=light` or `#theme=dark` after the address holds
 * against the reader's system, for a blog that has one of them alone. A picture that is too large twice, as the map of several
 * hundred heads, is there in light alone.
 */
export async function figurePage(content: FigurePage, drawSvg: SvgMaker): Promise<string> {
  const light = await lazySvg(content.picture, drawSvg)("light");
  const [, width = "0"] = /^<svg[^>]* width="(\d+)/.exec(light) ?? [];
  const atLeast = { ...content, leastWidth: Math.round(SHRUNK * Number(width)) };
  const inBoth = await pageOf(atLeast, await figureMarkup(content.picture, drawSvg), THEME_SCRIPT);
  if (new TextEncoder().encode(inBoth).byteLength <= ROOM) return inBoth;
  const { figure } = await import("./page.ts");
  return pageOf(atLeast, figure(content.picture.label, { light, dark: "" }), LIGHT_SCRIPT);
}

function pageOf(
  { title, words, table, link, leastWidth }: FigurePage & { readonly leastWidth: number },
  picture: Markup,
  script: string,
): Promise<string> {
  const body = markup`<style>${trustMarkup(`${STYLE}.picture > svg { min-width: ${leastWidth}px; }`)}</style>
<h1>${title}</h1>
${picture}
${words.map((sentence) => markup`<p>${sentence}</p>`)}
<details><summary>As a table</summary>
${tableMarkup(table)}
</details>
${link === null ? markup`` : markup`<p><a href="${link}" target="_blank" rel="noopener">Open this in the explorer</a></p>`}`;
  return page(title, body, [script]);
}

const themed = (name: "light" | "dark", { panel, text, secondText, line }: Theme) =>
  `:root[data-theme="${name}"] { --panel: ${panel}; --text: ${text}; --second: ${secondText}; --line: ${line}; color-scheme: ${name}; }
:root[data-theme="${name}"] .picture.${name} { display: block; }
:root[data-theme="${name}"] .picture.${name === "light" ? "dark" : "light"} { display: none; }`;

/** The picture has the title, and is as wide as the frame where that is narrower. */
const STYLE = `
main { max-width: none; padding: 0 8px 8px; }
h1 { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.picture { margin: 0; }
.picture svg { max-width: 100%; height: auto; }
p { margin: 4px 12px; }
details { margin: 8px 12px; }
${themed("light", THEMES.light)}
${themed("dark", THEMES.dark)}
`;

const THEME_SCRIPT = `{
  const theme = new URLSearchParams(location.hash.slice(1)).get("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}`;

const LIGHT_SCRIPT = `document.documentElement.dataset.theme = "light";`;
