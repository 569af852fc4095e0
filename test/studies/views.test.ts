/** @file What holds for the view of every kind of Result: text, pictures, pages and tables. */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { columnsOf } from "../../src/draw/columns.ts";
import { studyCsv } from "../../src/draw/csv.ts";
import { drawnInNode } from "../../src/draw/drawnInNode.ts";
import { lazySvg } from "../../src/draw/lazySvg.ts";
import { pdf } from "../../src/draw/pdf.ts";
import { madeOf } from "../../src/draw/caption.ts";
import { picturesOf } from "../../src/draw/pictures.ts";
import { pictureName, pictureNames, pictureWords } from "../../src/draw/studyView.ts";
import { idealHeads } from "../../src/measure/idealHeads.ts";
import { openPlanted } from "../../src/models/planted/planted.ts";
import { ablate } from "../../src/studies/ablate/ablate.ts";
import { analyse } from "../../src/studies/analyse/analyse.ts";
import { attention } from "../../src/studies/attention/attention.ts";
import { attribution } from "../../src/studies/attribution/attribution.ts";
import { audit } from "../../src/studies/audit/audit.ts";
import { behaviours } from "../../src/studies/behaviours/behaviours.ts";
import { circuit } from "../../src/studies/circuit/circuit.ts";
import { inductionHeadDetector } from "../../src/studies/detector/inductionHeadDetector.ts";
import { card } from "../../src/studies/card/card.ts";
import { cardDiff } from "../../src/studies/card/cardDiff.ts";
import { certify } from "../../src/studies/certify/certify.ts";
import type { CertifyResult } from "../../src/studies/certify/result.ts";
import type { BehavioursResult } from "../../src/studies/behaviours/result.ts";
import { check } from "../../src/studies/check/check.ts";
import { compare } from "../../src/studies/compare/compare.ts";
import { fewShot } from "../../src/studies/fewShot/fewShot.ts";
import { image } from "../../src/studies/image/image.ts";
import { openFolder } from "../../src/models/folder.ts";
import { lens } from "../../src/studies/lens/lens.ts";
import { fingerprint } from "../../src/studies/patch/fingerprint.ts";
import { patch } from "../../src/studies/patch/patch.ts";
import { pathPatch } from "../../src/studies/path/path.ts";
import { scorePatterns } from "../../src/studies/patterns/scorePatterns.ts";
import { phaseRun } from "../../src/studies/phase/phaseRun.ts";
import { phaseSeeds } from "../../src/studies/phase/phaseSeeds.ts";
import { score } from "../../src/studies/score/score.ts";
import { ablateStacks } from "../../src/studies/stacks/ablateStacks.ts";
import { scoreStacks } from "../../src/studies/stacks/scoreStacks.ts";
import { text } from "../../src/studies/text/text.ts";
import { shapley } from "../../src/studies/shapley/shapley.ts";
import { verdict } from "../../src/studies/verdict/verdict.ts";
import { reportPage } from "../../src/studies/reportPage.ts";
import {
  FIGURE_NAMES,
  FIGURES,
  figureChoice,
  figureView,
  type FigureName,
} from "../../src/studies/figures.ts";
import { STUDIES } from "../../src/studies/registry.ts";
import { toText, viewOf } from "../../src/studies/views.ts";
import type { PhaseSeedsResult } from "../../src/studies/phase/resultSeeds.ts";
import type { VerdictResult } from "../../src/studies/verdict/result.ts";
import { why } from "../../src/studies/why/why.ts";
import { writeResult } from "../../src/studies/writeResult.ts";
import { oneEngine } from "../interventions/engine.ts";
import { plantedRun } from "./phase/plantedRun.ts";
import { PANDAS, readByPandas } from "./pandas.ts";
import { wordTokenizer } from "./fewShot/wordTokenizer.ts";
import { strictCsv } from "./strictCsv.ts";

/** One Result of each kind, and of each form of a study that shows something else. */
const NAMES = [
  ...Object.keys(STUDIES),
  ...["ablate sets", "ablate ideal", "ablate curve", "patch heads", "patch cells", "path sets"],
] as const;
const results: Record<string, unknown> = {};

beforeAll(async () => {
  const backend = await oneEngine();
  const model = await openPlanted("induction");
  const common = { backend, numExamples: 10, seqLen: 12 };
  const block = [5, 6, 7, 8, 9, 5, 6, 7, 8, 9];
  results["score"] = await score(model, common);
  results["ablate-stacks"] = await ablateStacks(await openPlanted("t5"), common);
  results["score-stacks"] = await scoreStacks(await openPlanted("t5"), common);
  const seeing = await openFolder(join(import.meta.dirname, "../fixtures/beyond/llava"), "llava");
  results["image"] = await image(seeing, common);
  await seeing.close();
  results["verdict"] = await verdict(model, { ...common, quick: true });
  results["patch"] = await patch(model, common);
  results["patch heads"] = await patch(model, { ...common, heads: ["1.2", "0.3"] });
  results["patch cells"] = await patch(model, { ...common, heads: ["1.2"], byCell: true });
  results["fingerprint"] = await fingerprint(model, { ...common, heads: ["1.2"] });
  results["path"] = await pathPatch(model, { ...common, into: ["1.2"], route: "k" });
  const from = [["0.3", "0.1"], ["0.0"]];
  results["path sets"] = await pathPatch(model, { ...common, into: ["1.2"], route: "k", from });
  results["attribution"] = await attribution(model, { ...common, paths: true });
  results["ablate"] = await ablate(model, common);
  results["few-shot"] = await fewShot(
    { ...model, tokenizer: () => Promise.resolve(wordTokenizer(256)) },
    { backend, numExamples: 10, tasks: ["opposites"], shots: 4, randomSets: 3 },
  );
  results["shapley"] = await shapley(model, { ...common, heads: ["0.3", "1.1", "1.2"] });
  const sets = [["1.2", "0.3"], ["0.1"]];
  results["ablate sets"] = await ablate(model, { ...common, eachHead: false, sets });
  const idealise = ["1.2"];
  results["ablate ideal"] = await ablate(model, { ...common, eachHead: false, idealise });
  const curve = { count: 2 };
  results["ablate curve"] = await ablate(model, { ...common, eachHead: false, curve });
  results["lens"] = await lens(model, common);
  results["circuit"] = await circuit(model, { backend });
  const certificate = { backend, alphabet: 8, seqLen: 8, numExamples: 20, rounds: 1 };
  results["certify"] = await certify(model, certificate);
  results["attention"] = await attention(model, { backend, tokens: [block] });
  results["why"] = await why(model, { backend, tokens: block, head: "1.2" });
  results["behaviours"] = await behaviours(model, { backend, numExamples: 10 });
  results["text"] = await text(model, { backend, tokens: [block] });
  const phase = await phaseRun(plantedRun(), common);
  results["phase"] = phase;
  const rules = ["copyGain >= 1", "no head label induction", "heads label induction >= 1"];
  results["check"] = await check(model, { ...common, limit: 20, quick: true, rules });
  const cardResult = await card(model, { ...common, quick: true });
  results["card"] = cardResult;
  results["card-diff"] = cardDiff(cardResult, cardResult);
  results["compare"] = await compare([model, model], { ...common, verdicts: "quick" });
  results["phase-seeds"] = phaseSeeds([phase, phase]);
  results["analyse"] = await analyse(model, common);
  results["audit"] = audit();
  results["detector"] = await inductionHeadDetector(model, { backend, numExamples: 10 }).detect();
  const { data } = idealHeads({ start: 0, period: 5, length: 10 });
  const array = { shape: [1, 6, 10, 10], read: () => Promise.resolve(data) };
  results["score-patterns"] = await scorePatterns(
    new Map([["layer 0", array]]),
    { tokens: [block], period: 5, bos: false },
    { mask: "causal" },
  );
});

test("a picture of certify shows no more than is proved", async () => {
  const [picture] = picturesOf(await viewNamed("certify"));
  const { heads } = results["certify"] as CertifyResult;
  expect(heads[0]!.least).toBeGreaterThan(0.995); // which rounds to 1.00
  const svg = await lazySvg(picture!, drawnInNode)("light");
  expect(svg.match(/>(\.99|1\.00)</g)).toEqual([">.99<", ">1.00<"]);
});

test("a picture of behaviours that no head has says so", async () => {
  const result = results["behaviours"] as BehavioursResult;
  const none = {
    ...result,
    behaviours: result.behaviours.map((behaviour) => ({ ...behaviour, heads: [] })),
  };
  for (const [behavioursShown, words] of [
    [result, "Heads whose excess is surely .10 or more"],
    [none, "No head has an excess that is surely .10 or more"],
  ] as const) {
    const [picture] = picturesOf(await viewOf({ name: "behaviours", result: behavioursShown }));
    expect(await lazySvg(picture!, drawnInNode)("light")).toContain(words);
  }
});

test("behaviours of which a model can have none are shown as left out, without a picture", async () => {
  const whole = results["behaviours"] as BehavioursResult;
  const none = { ...whole, behaviours: [], copies: null };
  expect(picturesOf(await viewOf({ name: "behaviours", result: none }))).toEqual([]);
  expect(await toText(none)).toContain("Behaviours of heads");
  expect(await reportPage("All", [{ name: "none", result: none }], drawnInNode)).toContain("<html");
  const file = join(mkdtempSync(join(tmpdir(), "none-")), "a.png");
  await expect(writeResult(none, file)).rejects.toThrow("is not a picture");
});

const viewNamed = (name: string) => viewOf({ name, result: results[name] });

describe.each(NAMES)("the view of %s", (name) => {
  test("has a picture, which draws in both themes", async () => {
    const pictures = picturesOf(await viewNamed(name));
    expect(pictures.length).toBeGreaterThan(0);
    for (const theme of ["light", "dark"] as const)
      expect(await lazySvg(pictures[0]!, drawnInNode)(theme)).toMatch(/^<svg[^]*<\/svg>\s*$/);
  });

  test("has no picture that a PDF cannot hold", async () => {
    for (const picture of picturesOf(await viewNamed(name))) {
      const bytes = await pdf(await lazySvg(picture, drawnInNode)("light"));
      expect(Buffer.from(bytes.subarray(0, 5)).toString()).toBe("%PDF-");
    }
  });

  test("names no folder in its pictures, whose title can be another", async () => {
    const path = "/home/someone/secret/my-model";
    const moved: unknown = JSON.parse(
      JSON.stringify(results[name]).replaceAll("planted:induction", path),
    );
    for (const picture of picturesOf(await viewOf({ name, result: moved }))) {
      expect(await lazySvg(picture, drawnInNode)("light")).not.toContain("secret");
      const svg = await lazySvg(picture, drawnInNode, "Fig. 1")("light");
      expect(svg).toContain("<title>Fig. 1</title>");
    }
  });

  test("fits in 80 columns, says the same in colour, and has no value that is none", async () => {
    const plain = await toText(results[name]);
    for (const line of plain.split("\n")) expect(columnsOf(line), line).toBeLessThanOrEqual(80);
    expect(plain).not.toMatch(/undefined|NaN|\[object|\b1 (heads|examples|layers|pieces,)\b/);
    expect(await toText(results[name], { unicode: false })).toMatch(/^[\n -~]*$/);
  });

  test("has a table that a data frame can read: layer and head apart, bounds beside values", async () => {
    const [header, ...rows] = strictCsv(studyCsv(await viewNamed(name)));
    expect(new Set(header).size).toBe(header!.length);
    expect(rows.length).toBeGreaterThan(0);
    header!.forEach((key, column) => {
      expect(key).toMatch(/^\p{Ll}[\p{L}\p{N}.]*$/u);
      const fields = rows.map((row) => row[column]!);
      if (/(^l|L)ayer$/.test(key) && key !== "layer") expect(header![column + 1]).toMatch(/Head$/);
      if (/^(layer|head)$|(Layer|Head)$/.test(key))
        for (const field of fields) expect(field).toMatch(/^\d*$/);
      const [, value] = /^(.*)(?:Low|High)$/.exec(key) ?? [];
      if (value) expect(header!.slice(column - 2, column)).toContain(value);
    });
    const all = rows.flat().join(" ");
    expect(all).not.toMatch(/undefined|NaN|\[object|−/);
  });

  test("makes a page and a file of every format", async () => {
    const folder = mkdtempSync(join(tmpdir(), "views-"));
    for (const ending of ["html", "csv", "tex", "md", "json"]) {
      const file = join(folder, `a.${ending}`);
      await writeResult(results[name], file);
      const page = readFileSync(file, "utf8");
      if (ending === "html") {
        const [, json] = /id="result">(.*?)<\/script>/s.exec(page)!;
        expect(JSON.parse(json!)).toEqual(JSON.parse(JSON.stringify(results[name])));
        expect(page).toContain("<dt>versions</dt>");
      }
    }
  });
});

/** Results of these kinds have two numbers of every head or more. */
const OF_HEADS = [
  ...["score", "score-patterns", "verdict", "card", "compare", "patch", "path", "ablate", "text"],
  ...["behaviours", "few-shot", "circuit", "image", "detector", "phase"],
];
const GIVEN: Readonly<Partial<Record<FigureName, readonly string[]>>> = {
  scatter: OF_HEADS,
  maps: OF_HEADS,
  labels: ["verdict", "card"],
  curve: ["few-shot", "ablate curve"],
  circuit: ["verdict", "card"],
  steps: ["phase", "phase-seeds"],
  table: NAMES,
};

test.each(FIGURE_NAMES)(
  "the figure %s is given by the Results that its sentence names, and refused by others in it",
  async (figure) => {
    const names: string[] = [];
    for (const name of NAMES) {
      const view = await viewNamed(name);
      const make = () => figureView(view, { name: figure, words: [] }, name);
      try {
        const { pictures, tables, csvComment } = make();
        names.push(name);
        expect(csvComment).toContain(madeOf(view));
        for (const picture of pictures!) {
          const svg = await lazySvg(picture, drawnInNode)("dark");
          expect(svg).toMatch(/^<svg[^]*<\/svg>\s*$/);
          const spoken = svg.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " "); // lines wrap
          for (const word of madeOf(view).split(" "))
            expect(spoken, `${figure} ${name}`).toContain(word);
          expect(svg).not.toMatch(/undefined|NaN|\[object/);
        }
        expect(tables[0].rows.length, name).toBeGreaterThan(0);
      } catch (error) {
        expect(String(error)).toBe(
          `InputError: the figure ${figure} needs a Result of ${FIGURES[figure].from}; this one, of ${name}, does not have what it shows`,
        );
      }
    }
    expect(names).toEqual(
      GIVEN[figure] ? NAMES.filter((entry) => GIVEN[figure]!.includes(entry)) : names,
    );
    expect(names.length).toBeGreaterThan(0);
  },
);

test("figures of a verdict have its weights, rows, BOS and seed in LaTeX, Markdown, CSV and pictures", async () => {
  const folder = mkdtempSync(join(tmpdir(), "figures-"));
  const textOfFile = async (figure: string, ending: string) => {
    const file = join(folder, `a.${ending}`);
    await writeResult(results["verdict"], file, { figure });
    return readFileSync(file, "utf8");
  };
  const { model, heads } = results["verdict"] as VerdictResult;
  const origin = `weights sha256 ${model.sha256.slice(0, 12)} · 10 rows of`;
  const latex = await textOfFile("table", "tex");
  expect(latex).toContain("\\begin{tabular}{llrrrrrrl}");
  expect(latex).toContain(origin.replaceAll("·", "$\\cdot$"));
  expect(latex.split("\n").filter((line) => line.endsWith("\\\\"))).toHaveLength(1 + heads.length);
  expect(await textOfFile("table", "md")).toContain("| head | label | strength |");
  const [comment, header] = (await textOfFile("table", "csv")).split("\r\n");
  expect(comment).toMatch(/^# .*BOS on \(token 0\) · seed 0 · induction-lens/);
  expect(header).toBe(
    "layer,head,label,strength,strengthLow,strengthHigh,writesLogit,aloneNats,givenOthersNats,flags",
  );
  for (const figure of ["scatter=induction,previousToken", "labels", "maps", "map", "circuit"])
    expect(await textOfFile(figure, "svg"), figure).toContain(
      `sha256 ${model.sha256.slice(0, 12)}`,
    );
  expect(await textOfFile("labels", "html")).toContain("<caption>Heads of each layer by label");
  await expect(textOfFile("table", "png")).rejects.toThrow("a table is not a picture; it needs");
});

/** How a format writes a caption: LaTeX and Markdown have marks that mean something to them. */
const CAPTIONS = {
  tex: {
    caption: /^\\caption\{(.*)\}$/m,
    plain: (text: string) => text.replaceAll("$\\cdot$", "·").replaceAll("\\_", "_"),
  },
  md: { caption: /\n\n(.*)\n$/, plain: (text: string) => text.replaceAll("\\", "") },
  csv: { caption: /^# (.*)\r\n/, plain: (text: string) => text },
} as const;

test.each(Object.entries(CAPTIONS))(
  "the table of a verdict as .%s has a caption with model, hash, rows, BOS, seed and version, each once",
  async (ending, { caption, plain }) => {
    const file = join(mkdtempSync(join(tmpdir(), "captions-")), `a.${ending}`);
    await writeResult(results["verdict"], file, { figure: "table" });
    const words = plain(caption.exec(readFileSync(file, "utf8"))![1]!);
    const { model, input, version } = results["verdict"] as VerdictResult;
    const fields = [
      `model ${model.id}`,
      `weights sha256 ${model.sha256.slice(0, 12)}`,
      `${input.examples} rows of ${input.length} tokens`,
      `period ${input.period}`,
      `BOS on (token ${input.bosToken})`,
      `seed ${input.seed}`,
      `induction-lens ${version}`,
    ];
    expect(words.split(" · ").slice(1)).toEqual(fields.slice(1));
    expect(words.split(" · ")[0]).toMatch(new RegExp(`\\. ${fields[0]}$`));
  },
);

test("a caption has one row where there is one", async () => {
  expect(madeOf(await viewNamed("score"))).toContain("10 rows of 13 tokens · period 6 · ");
  expect(madeOf(await viewNamed("attention"))).toContain(" · 1 row of 10 tokens · ");
});

test.each([
  [
    "scater",
    "needs one of scatter, maps, labels, curve, circuit, steps, map, table, got scater (did you mean scatter?)",
  ],
  [
    "scatter=induction",
    "this figure needs 2 numbers of every head, got induction; the Result has induction, effect",
  ],
  [
    "maps=inducton,effect",
    "this Result has no number inducton of every head; the nearest are induction",
  ],
  [
    "curve",
    "the figure curve needs a Result of ablate with --curve, or few-shot; this one, of verdict",
  ],
])("the figure %s of a verdict is refused in a sentence", async (figure, words) => {
  const file = join(tmpdir(), "none.svg");
  await expect(writeResult(results["verdict"], file, { figure })).rejects.toThrow(words);
});

test("scatter and maps show the numbers of the Result, head by head", async () => {
  const { heads } = results["verdict"] as VerdictResult;
  const view = await viewNamed("verdict");
  const { tables } = figureView(view, figureChoice("scatter=previousToken,effect"), "verdict");
  expect(tables[0].rows).toEqual(
    heads.map(({ layer, head, label, evidence: { attention: looks, copying } }) => [
      ...[{ layer, head }, label, looks.previousToken.value, copying?.effect.value ?? null],
    ]),
  );
});

test("the figure steps counts heads at every checkpoint of every run", async () => {
  const { runs } = results["phase-seeds"] as PhaseSeedsResult;
  const view = await viewNamed("phase-seeds");
  const { tables } = figureView(view, figureChoice("steps=previousToken,.2,.9"), "phase-seeds");
  const { steps, curves } = runs[0]!;
  const counts = (least: number) =>
    steps.map((_, at) => curves.previousToken.flat().filter((curve) => curve[at]! >= least).length);
  const expected = [0.2, 0.9].flatMap((least) => counts(least));
  expect(tables[0].rows.map((row) => row[2])).toEqual([...expected, ...expected]);
  expect(new Set(expected).size).toBeGreaterThan(1);
  const precise = figureView(view, figureChoice("steps=.3,.125"), "phase-seeds");
  expect(precise.title).toBe("Heads with induction at or above .30, .125");
});

test.runIf(PANDAS)(
  "pandas reads every table: the same names, heads, numbers and gaps",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "views-"));
    const files = NAMES.map((_, index) => join(folder, `${index}.csv`));
    for (const [index, name] of NAMES.entries()) await writeResult(results[name], files[index]!);
    const frames = readByPandas(PANDAS!, files);
    for (const [index, name] of NAMES.entries()) {
      const { columns, kinds, rows } = frames[index]!;
      const [header, ...dataRows] = strictCsv(readFileSync(files[index]!, "utf8"));
      expect(columns, name).toEqual(header);
      expect(rows, name).toHaveLength(dataRows.length);
      header!.forEach((key, column) => {
        const fields = dataRows.map((row) => row[column]!);
        const read = rows.map((row) => row[column]!);
        const full = fields.filter((field) => field !== "");
        const isNumeric = full.every((field) => Number.isFinite(Number(field)));
        if (isNumeric) expect("if", `${name} ${key}`).toContain(kinds[column]!);
        const expected = (field: string) =>
          field === "" ? null : isNumeric ? Number(field) : field;
        const boolean = kinds[column] === "b" ? read.map(String) : read;
        expect(boolean, `${name} ${key}`).toEqual(fields.map(expected));
      });
    }
  },
);

test("pictureName is the last part of a path, and an id of the hub or the zoo as it is", () => {
  expect(
    ["/a/b/model.gguf", "./m", "../x/m/", "C:\\a\\m", "~/m", "a/b/m"].map(pictureName),
  ).toEqual(["model.gguf", "m", "m", "m", "m", "m"]);
  const ids = ["gpt2", "org/name", "zoo:attn-2l", "zoo:attn-2l@100", "planted:induction"];
  expect(ids.map(pictureName)).toEqual(ids);
  expect(pictureNames(["/a/m", "/b/m"])).toEqual(["/a/m", "/b/m"]);
});

test("pictureWords names each model by its own name where one path begins another", () => {
  const words = ["/runs/a/b and /runs/a agree."];
  expect(pictureWords(words, ["/runs/a", "/runs/a/b"])).toBe("b and a agree.");
  expect(pictureWords(["/runs/$& agrees."], ["/runs/$&"])).toBe("$& agrees.");
});

test("a report has a section for every kind of Result", async () => {
  const inputs = NAMES.map((name) => ({ name, result: results[name] }));
  const page = await reportPage("All", inputs, drawnInNode);
  for (const [index, name] of NAMES.entries()) {
    expect(page).toContain(`id="section-${index + 1}"`);
    expect(page).toContain((await viewNamed(name)).title.split(":")[0]);
  }
  expect(page.match(/<section class="attention"/g)).toHaveLength(2); // of attention, and in the analysis
});

test("a Result of no kind that is known is refused by what it is called", async () => {
  const other = { name: "a.json", result: { schema: "induction-lens/x@1" } };
  await expect(viewOf(other)).rejects.toThrow("a.json has the schema induction-lens/x@1");
  await expect(toText({ schema: "induction-lens/score@1" })).rejects.toThrow(
    "does not fit its schema",
  );
});
