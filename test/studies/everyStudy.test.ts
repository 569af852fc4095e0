/**
 * @file Every study on every golden of a decoder: it runs and its sums are exact, or one sentence says before it starts what of the
 * architecture it cannot handle. What it gives can be shown, as text and page. One golden always; all with
 * EVERY_STUDY=1, which takes ten minutes; EVERY_STUDY=NAME,NAME for some.
 */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { OpenEngine } from "../../src/base/backend.ts";
import { drawnInNode } from "../../src/draw/drawnInNode.ts";
import { InputError } from "../../src/base/errors.ts";
import { openFolder } from "../../src/models/folder.ts";
import type { LoadedModel } from "../../src/models/loadedModel.ts";
import { ablate } from "../../src/studies/ablate/ablate.ts";
import { analyse } from "../../src/studies/analyse/analyse.ts";
import { attention } from "../../src/studies/attention/attention.ts";
import { attribution } from "../../src/studies/attribution/attribution.ts";
import { behaviours } from "../../src/studies/behaviours/behaviours.ts";
import { BEHAVIOUR_NAMES } from "../../src/studies/behaviours/plan.ts";
import { certify } from "../../src/studies/certify/certify.ts";
import { check } from "../../src/studies/check/check.ts";
import { circuit } from "../../src/studies/circuit/circuit.ts";
import { canRun, checkCanRun, type ModelStudy } from "../../src/studies/common/canRun.ts";
import { compare } from "../../src/studies/compare/compare.ts";
import { fewShot } from "../../src/studies/fewShot/fewShot.ts";
import { image } from "../../src/studies/image/image.ts";
import { lens } from "../../src/studies/lens/lens.ts";
import { fingerprint } from "../../src/studies/patch/fingerprint.ts";
import { patch } from "../../src/studies/patch/patch.ts";
import { pathPatch } from "../../src/studies/path/path.ts";
import { phaseRun } from "../../src/studies/phase/phaseRun.ts";
import { score } from "../../src/studies/score/score.ts";
import { ablateStacks } from "../../src/studies/stacks/ablateStacks.ts";
import { scoreStacks } from "../../src/studies/stacks/scoreStacks.ts";
import { shapley } from "../../src/studies/shapley/shapley.ts";
import { text } from "../../src/studies/text/text.ts";
import { verdict } from "../../src/studies/verdict/verdict.ts";
import { reportPage } from "../../src/studies/reportPage.ts";
import { toText } from "../../src/studies/views.ts";
import { why } from "../../src/studies/why/why.ts";
import { oneEngine } from "../interventions/engine.ts";
import { decoderFolders } from "../models/golden.ts";
import { shared, unlessShared } from "../shared.ts";

const request = process.env["EVERY_STUDY"];
const backend = await oneEngine();
const TOLERANCE = 1e-4;
const rows = { backend, numExamples: 2, seqLen: 12 };

/** Random weights do no induction, so there may be nothing to restore. */
const NO_EFFECT = /clean and corrupted runs that differ by at least 3 standard errors/;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
/** Sums of many float32 terms: relative to the largest of them. */
const close = (first: number, other: number, terms: readonly number[]) =>
  expect(Math.abs(first - other)).toBeLessThan(
    TOLERANCE * Math.max(1, ...terms.map((term) => Math.abs(term))),
  );

/** How each study is called on a model of `layers`, and what must hold of what it gives. */
const STUDIES: Readonly<Record<ModelStudy, (model: LoadedModel) => Promise<unknown>>> = {
  score: async (model) => {
    const result = await score(model, rows);
    const { scores, loss } = result;
    for (const value of Object.values(scores).flat(2)) expect(value).toBeGreaterThanOrEqual(0);
    expect(Number.isFinite(loss!.secondCopy)).toBe(true);
    return result;
  },
  "score-stacks": (model) => scoreStacks(model, rows),
  "ablate-stacks": (model) => ablateStacks(model, rows),
  verdict: (model) => verdict(model, { ...rows, quick: true }),
  patch: (model) => patch(model, { ...rows, raw: true }),
  "patch within heads": (model) => patch(model, { ...rows, unit: "head-pattern", raw: true }),
  fingerprint: (model) => fingerprint(model, { ...rows, heads: [lastHead(model)] }),
  path: (model) => pathPatch(model, { ...rows, into: [lastHead(model)] }),
  shapley: async (model) => {
    const result = await shapley(model, { ...rows, heads: ["0.0", lastHead(model)] });
    const { heads, copyGain } = result;
    const values = heads.map((head) => head.copyGain.value);
    close(sum(values), copyGain.gain.value, [copyGain.all, copyGain.none]);
    return result;
  },
  attribution: (model) => attribution(model, { ...rows, units: ["head-out"] }),
  "attribution within heads": (model) => attribution(model, rows),
  "attribution of paths": (model) => attribution(model, { ...rows, paths: true }),
  ablate: async (model) => {
    for (const kind of ["mean", "sized-mean", "resample"] as const)
      await ablate(model, { ...rows, kind });
    return ablate(model, rows);
  },
  "ablate with patterns": async (model) => {
    for (const kind of ["redirect", "pattern-preserving"] as const)
      await ablate(model, { ...rows, kind });
  },
  lens: async (model) => {
    const result = await lens(model, rows);
    const { attribution: sums } = result;
    const terms = [...sums.heads.flat(), ...sums.parts.map(({ value }) => value)];
    close(sum(terms), sums.mean, terms);
    expect(sums.largestError).toBeLessThan(TOLERANCE * Math.max(1, ...terms.map(Math.abs)));
    return result;
  },
  circuit: (model) => circuit(model, { backend }),
  certify: async (model) => {
    const { heads } = await certify(model, { backend, alphabet: 8, seqLen: 8, numExamples: 50 });
    for (const { least, found: search } of heads)
      expect(least).toBeLessThanOrEqual(search.least + 1e-4);
  },
  image: (model) => image(model, rows),
  attention: (model) => attention(model, { ...rows, heads: [{ layer: 0, head: 0 }] }),
  why: async (model) => {
    for (let layer = 0; layer < model.architecture.layers; layer++) {
      const { score: scoreParts, cell } = await why(model, {
        ...{ backend, head: `${layer}.0`, seqLen: 12, query: 9 },
      });
      const terms = scoreParts.contributions.flat();
      close(sum(terms), scoreParts.uncapped, terms);
      const { softcap, uncapped } = scoreParts;
      const capped = softcap === null ? uncapped : softcap * Math.tanh(uncapped / softcap);
      close(capped, cell.score, terms);
    }
  },
  analyse: (model) => analyse(model, rows),
  phase: (model) =>
    phaseRun([{ step: 1, open: () => Promise.resolve({ ...model, close: async () => {} }) }], rows),
  text: (model) => text(model, { backend, tokens: [[5, 6, 7, 5, 6, 7, 8]] }),
  compare: (model) => compare([model, model], { ...rows, numExamples: 4 }),
  check: (model) =>
    check(model, { ...rows, numExamples: 10, rules: ["induction score of any head <= .9"] }),
  "few-shot": async (model) => {
    const lacksWords = canRun("few-shot", model) === null && !(await model.tokenizer());
    const study = fewShot(model, { backend, numExamples: 2, randomSets: 2, shots: 2 });
    if (lacksWords) {
      await expect(study).rejects.toBeInstanceOf(InputError);
      return;
    }
    const { curves } = await study;
    for (const { points } of curves)
      for (const { accuracy } of points) expect(Number.isFinite(accuracy)).toBe(true);
  },
  behaviours: async (model) => {
    const result = await behaviours(model, { backend, numExamples: 2 });
    const { behaviours: list, skipped } = result;
    expect(list.length + skipped.length).toBe(BEHAVIOUR_NAMES.length);
    for (const value of list.flatMap(({ scores }) => scores.flat()))
      expect(Number.isFinite(value)).toBe(true);
    return result;
  },
};

/** What a study gave, as a terminal and a page have it. */
async function checkShown(result: unknown): Promise<void> {
  if (result === undefined) return;
  await toText(result);
  await reportPage("All", [{ name: "all", result }], drawnInNode);
}

const lastHead = ({ architecture: { layers } }: LoadedModel) => `${layers - 1}.0`;

const goldens = unlessShared("goldens");
const nameOf = (path: string) => path.split("/").at(-1)!;
const folders = [
  ...decoderFolders(shared("goldens")),
  ...decoderFolders(join(import.meta.dirname, "../fixtures/families")),
];
/** One that always runs, so that this file is right when it is asked for all. */
const ALWAYS = "mistral";
const isAsked = (name: string) =>
  name === ALWAYS || request === "1" || (request?.split(",").includes(name) ?? false);

const note = request === undefined ? ` (SKIPPED but for ${ALWAYS} unless EVERY_STUDY is set)` : "";

describe(`every study runs or refuses first${goldens.note || note}`, () => {
  for (const path of folders)
    test.skipIf(!isAsked(nameOf(path)))(nameOf(path), async () => {
      const model = await openFolder(path, nameOf(path));
      for (const [study, call] of Object.entries(STUDIES) as [ModelStudy, typeof STUDIES.why][]) {
        const reason = canRun(study, model);
        if (reason === null) {
          await call(model)
            .then(checkShown)
            .catch((error: unknown) => {
              if (NO_EFFECT.test(String(error))) return; // of the rows, and after they ran
              throw new Error(`${study}: ${String(error)}`, { cause: error });
            });
          continue;
        }
        let openCount = 0;
        const openEngine: OpenEngine = () => {
          openCount += 1;
          return oneEngine();
        };
        const error = await call({ ...model, openEngine }).catch((refusal: unknown) => refusal);
        expect(error, study).toBeInstanceOf(InputError);
        expect(() => checkCanRun(study, model), study).toThrow((error as Error).message);
        expect((error as Error).message, study).toContain(
          ` cannot run: ${reason.split(/[,;]/)[0]!}`,
        );
        expect(reason.split(/[.:] /)).toHaveLength(1);
        expect(openCount, study).toBe(0);
      }
      await model.close();
    });
});
