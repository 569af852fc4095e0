/** @file Writes a benchmark's table into docs/benchmark.md, between two comments that name the benchmark. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PAGE = join(import.meta.dirname, "../docs/benchmark.md");

/** @param rows as `row` makes them; @param title a line above the table */
export function writeDocsTable(benchmark, title, rows) {
  const [begin, end] = ["begin", "end"].map((which) => `<!-- ${benchmark}: ${which} -->`);
  const page = readFileSync(PAGE, "utf8");
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`docs/benchmark.md needs ${begin} and ${end} around its table`);
  const block = `${begin}\n\n${title}\n\n${markdownTable(rows)}\n\n${end}`;
  writeFileSync(PAGE, page.slice(0, from) + block + page.slice(to + end.length));
}

/** Cells padded as the formatter pads them. */
function markdownTable(rows) {
  const head = ["what", "measured", "target", "met", "of"];
  const body = rows.map(({ what, got, target, met, note }) =>
    [what.trim(), got, target, met === null ? "" : met ? "yes" : "no", note].map((text) =>
      text.replaceAll("|", "\\|"),
    ),
  );
  const widths = head.map((name, column) =>
    Math.max(3, name.length, ...body.map((cells) => cells[column].length)),
  );
  const line = (cells) => `| ${cells.map((text, at) => text.padEnd(widths[at])).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(head), rule, ...body.map(line)].join("\n");
}
