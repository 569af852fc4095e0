/** @file docs/troubleshooting.md: every message on it is produced here, as the command line says it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { explain } from "../../src/cli/exit.ts";
import { emptyFolder } from "../cli/cli.ts";
import { CASES } from "./troubleshootingCases.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/troubleshooting.md"), "utf8");

test("the page has twenty messages or more, each with what produces it, a cause and a way on", () => {
  const sections = page.split(/^### /m).slice(1);
  const titles = sections.map((section) => /^`(.+)`$/m.exec(section.split("\n")[0]!)?.[1]);
  expect(titles.toSorted()).toEqual(Object.keys(CASES).toSorted());
  expect(titles.length).toBeGreaterThanOrEqual(20);
  for (const section of sections) {
    expect(section).toMatch(/^Cause: ./m);
    expect(section).toMatch(/^Way on: ./m);
  }
});

test.each(Object.entries(CASES))("produces: %s", async (message, work) => {
  const fault = await work(emptyFolder()).then(String, explain);
  const literal = (part: string) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  expect(fault).toMatch(new RegExp(message.split("…").map(literal).join("[^]*"), "s"));
});
