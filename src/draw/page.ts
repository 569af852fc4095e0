/** @file The frame of a one-file report: works offline, asks nobody for anything, follows the reader's light or dark. */
import { hashOf } from "../base/hash.ts";
import { markup, trustMarkup, type Markup } from "./markup.ts";
import { SORT_SCRIPT } from "./sortScript.ts";
import { THEMES, type Theme } from "./theme.ts";

/** A picture drawn for each theme; the page shows the one that fits. */
export interface Pictures {
  readonly light: string;
  readonly dark: string;
}

/**
 * A whole HTML document. Its policy allows no request at all, and no script but the sorting of tables and `more`.
 *
 * @param more scripts of ours, run in this order at the end of the page
 */
export async function page(
  title: string,
  body: Markup,
  more: readonly string[] = [],
): Promise<string> {
  const scripts = [SORT_SCRIPT, ...more];
  const hashes = await Promise.all(
    scripts.map(async (script) => `'sha256-${await sha256(script)}'`),
  );
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src ${hashes.join(" ")}; base-uri 'none'; form-action 'none'`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trustMarkup(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${trustMarkup(STYLE)}</style>
</head>
<body>
<main>
${body}
</main>
${scripts.map((script) => trustMarkup(`<script>${script}</script>`))}
</body>
</html>
`.html;
}

/** Both pictures, of which a reader sees and hears one; a wide one scrolls, by keyboard too. */
export function figure(label: string, pictures: Pictures): Markup {
  const picture = (theme: "light" | "dark") =>
    markup`<div class="picture ${theme}" role="group" tabindex="0" aria-label="${label}">${trustMarkup(pictures[theme])}</div>`;
  return markup`${picture("light")}
${picture("dark")}`;
}

async function sha256(text: string): Promise<string> {
  const hash = await hashOf("SHA-256", new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...hash));
}

const colours = ({ panel, text, secondText, line }: Theme) =>
  `--panel: ${panel}; --text: ${text}; --second: ${secondText}; --line: ${line};`;

const STYLE = `
:root { ${colours(THEMES.light)} color-scheme: light dark; }
body { margin: 0; background: var(--panel); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 24px 20px 48px; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 36px 0 8px; }
p, ul, dl { max-width: 70ch; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 20px; }
dt { color: var(--second); }
dd { margin: 0; overflow-wrap: anywhere; }
.lead { font-size: 1.1rem; }
.picture { overflow-x: auto; margin: 0 -20px; }
.picture svg { display: block; }
.dark { display: none; }
.scroll { overflow: auto; max-height: 80vh; margin: 16px 0; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: 8px 12px; color: var(--second); }
th, td { text-align: right; padding: 3px 12px; font-weight: normal; }
thead th { position: sticky; top: 0; background: var(--panel); border-bottom: 2px solid var(--line); }
tbody th { color: var(--second); }
.words { text-align: left; }
tbody tr { border-bottom: 1px solid color-mix(in srgb, var(--line) 35%, transparent); }
.filter { display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: baseline; }
.filter[hidden] { display: none; }
select, input { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: 4px; padding: 4px 8px; max-width: 100%; }
a { color: inherit; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 4px 0; cursor: pointer; text-decoration: underline; }
th[aria-sort="descending"] button::after { content: " ↓"; }
th[aria-sort="ascending"] button::after { content: " ↑"; }
:focus-visible { outline: 3px solid var(--text); outline-offset: 2px; }
@media screen and (prefers-color-scheme: dark) {
  :root { ${colours(THEMES.dark)} }
  .light { display: none; }
  .dark { display: block; }
}
@media print {
  .scroll { max-height: none; overflow: visible; border: 0; }
  thead th { position: static; }
}
`;
