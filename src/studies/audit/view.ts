/** @file What `audit` shows: conventions by ideal heads, and in words what each confuses. */
import { plural } from "../../base/plural.ts";
import { settingsOf, type StudyTable, type StudyView } from "../../draw/studyView.ts";
import { IDEAL_HEAD_NAMES, type AuditResult } from "./result.ts";
import { confusions, idealHeadTitle, layoutWords, shortHeadTitle } from "./viewWords.ts";

export function auditView(result: AuditResult): StudyView {
  const { conventions } = result;
  return {
    title: `Audit: what ${plural(conventions.length, "convention")} make of ideal heads`,
    lines: [layoutWords(result)],
    sentences: [result.summary],
    map: null,
    pictures: [
      {
        label: "Conventions and ideal heads",
        draw: async () => {
          const { auditPicture } = await import("./viewPicture.ts");
          return (document, theme) => auditPicture(result, document, theme);
        },
      },
    ],
    tables: [scoreTable(result), wordTable(result)],
    csv: () => everything(result),
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

function scoreTable({ conventions }: AuditResult): StudyTable {
  const heads = IDEAL_HEAD_NAMES.map((name) => `${shortHeadTitle(name)} ${idealHeadTitle(name)}`);
  return {
    caption: `Score of each ideal head (${heads.join(", ")}); ceiling is the most that any attention can score, a dash is 0/0`,
    columns: [
      "convention",
      "finds",
      "ceiling",
      ...IDEAL_HEAD_NAMES.map((name) => ({ name: shortHeadTitle(name), key: name })),
    ],
    rows: conventions.map(({ convention, finds, ceiling, values }) => [
      convention,
      shortHeadTitle(finds),
      ceiling,
      ...IDEAL_HEAD_NAMES.map((name) => values[name] ?? null),
    ]),
    terminalRows: Infinity,
  };
}

function wordTable({ conventions }: AuditResult): StudyTable {
  return {
    caption: "Formulas, and what they confuse",
    columns: ["convention", "formula", "what it confuses"],
    rows: conventions.map((convention) => [
      convention.convention,
      `${convention.formula} (${convention.source})`,
      confusions(convention),
    ]),
    terminalRows: Infinity,
  };
}

/** One row for each convention with every digit it has. */
function everything({ conventions }: AuditResult): StudyTable {
  return {
    caption: "Every convention",
    columns: [
      "convention",
      "source",
      "formula",
      "finds",
      "ceiling",
      ...IDEAL_HEAD_NAMES.map((name) => ({ name: idealHeadTitle(name), key: name })),
      "words",
    ],
    rows: conventions.map(({ values, words, ...row }) => [
      row.convention,
      row.source,
      row.formula,
      row.finds,
      row.ceiling,
      ...IDEAL_HEAD_NAMES.map((name) => values[name] ?? null),
      words.join("; "),
    ]),
  };
}
