/** @file A check as continuous integration reads it: JUnit XML, and annotations of GitHub. */
import type { CheckedRule, CheckResult } from "./result.ts";

/** A test case for each rule: a failure where it fails, an error where it stays undecided. */
export function junitXml({ model, rules, timings, file }: CheckResult): string {
  const count = (outcome: CheckedRule["outcome"]) =>
    rules.filter((rule) => rule.outcome === outcome).length;
  const seconds = ((timings["run"] ?? 0) / 1000).toFixed(3);
  const totals = `tests="${rules.length}" failures="${count("fails")}" errors="${count("undecided")}" skipped="0" time="${seconds}"`;
  const cases = rules.map((rule) => {
    const place = `${file === null ? "" : ` file="${xml(file)}"`}${rule.line === null ? "" : ` line="${rule.line}"`}`;
    const open = `    <testcase name="${xml(rule.name)}" classname="${xml(model.id)}"${place}`;
    const element = ELEMENTS[rule.outcome];
    if (element === null) return `${open}/>`;
    return `${open}>
      <${element} message="${xml(rule.why)}" type="${rule.outcome}">${xml(rule.rule)}</${element}>
    </testcase>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="induction-lens" ${totals}>
  <testsuite name="${xml(`check ${model.id}`)}" ${totals}>
${cases.join("\n")}
  </testsuite>
</testsuites>
`;
}

const ELEMENTS = { holds: null, fails: "failure", undecided: "error" } as const;

/** A line for each rule: an error where it fails, a warning where it is undecided, else a notice. */
export function githubAnnotations({ rules, file, model }: CheckResult): string {
  const kinds = { holds: "notice", fails: "error", undecided: "warning" } as const;
  return rules
    .map(({ outcome, line, name, why }) => {
      const properties = [
        ...(file === null ? [] : [`file=${property(file)}`]),
        ...(line === null ? [] : [`line=${line}`]),
        `title=${property(`${model.id}: ${name} ${outcome === "undecided" ? "is undecided" : outcome}`)}`,
      ];
      return `::${kinds[outcome]} ${properties.join(",")}::${message(why)}\n`;
    })
    .join("");
}

/** As GitHub's toolkit escapes: a name from outside must not end its line or begin another command. */
function message(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return message(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** Characters that XML 1.0 has no way to write are left out. */
function xml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll(/[\n\r\t]/g, (space) => `&#${space.codePointAt(0)!};`);
}
