/** @file The explorer's style sheet is written by hand; its colours are those of the pictures. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { THEMES, type Theme } from "../../src/draw/theme.ts";

const CSS = readFileSync(join(import.meta.dirname, "../../explorer/src/style.css"), "utf8");

const colours = ({ panel, text, secondText, line, marks }: Theme) => ({
  panel,
  text,
  second: secondText,
  accent: marks[3],
  gone: marks[0],
  third: marks[1],
  fourth: marks[2],
  line,
});

/** The colours that a rule sets, by name. */
function coloursAfter(selector: string): Record<string, string> {
  const start = CSS.indexOf(`${selector} {`);
  const rule = CSS.slice(start, CSS.indexOf("}", start));
  return Object.fromEntries(
    [...rule.matchAll(/--(\w+): (#\w+);/g)].map(([, name, value]) => [name!, value!]),
  );
}

test.each([
  [":root", THEMES.light],
  [':root:not([data-theme="light"])', THEMES.dark],
  [':root[data-theme="dark"]', THEMES.dark],
] as const)("%s has the colours of the library's theme", (selector, theme) => {
  expect(coloursAfter(selector)).toMatchObject(colours(theme));
});
