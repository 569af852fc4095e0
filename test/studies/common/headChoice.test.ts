import { afterAll, beforeAll, expect, test } from "vitest";
import type { HeadChoice } from "../../../src/base/headName.ts";
import {
  ablate,
  attention,
  circuit,
  fingerprint,
  inductionHeadDetector,
  load,
  patch,
  pathPatch,
  why,
} from "../../../src/index.ts";
import type { RunnableModel } from "../../../src/inputs/runnableModel.ts";

let model: RunnableModel;
beforeAll(async () => void (model = await load("planted:induction")));
afterAll(() => model.close());

const SMALL = { numExamples: 2, seqLen: 16 };

/** What each study that takes heads makes of one. */
const STUDIES: Readonly<Record<string, (head: HeadChoice) => Promise<object>>> = {
  ablate: (head) => ablate(model, { ...SMALL, sets: [[head]], alwaysAblate: [], idealise: [head] }),
  attention: (head) => attention(model, { seqLen: 16, heads: [head] }),
  circuit: (head) => circuit(model, { heads: [head] }),
  fingerprint: (head) => fingerprint(model, { ...SMALL, heads: [head], nullHeads: 1 }),
  inductionHeadDetector: (head) => inductionHeadDetector(model, { seqLen: 16 }).attention(head),
  patch: (head) => patch(model, { ...SMALL, heads: [head] }),
  pathPatch: (head) => pathPatch(model, { ...SMALL, into: [head] }),
  why: (head) => why(model, { head, seqLen: 16 }),
};

/** All of a Result but what differs from run to run. */
function lasting(result: object): object {
  return Object.fromEntries(Object.entries(result).filter(([name]) => name !== "timings"));
}

test.each(Object.entries(STUDIES))("%s takes a head by name or by numbers", async (_, study) => {
  const [byName, numbered] = [await study("1.2"), await study({ layer: 1, head: 2 })];
  expect(lasting(numbered)).toEqual(lasting(byName));
});

test.each(Object.entries(STUDIES))(
  "%s names the nearest head to one it lacks",
  async (_, study) => {
    for (const choice of ["1.9", { layer: 1, head: 9 }])
      await expect(study(choice)).rejects.toThrow(/got 1\.9; nearest: 1\.\d$/);
  },
);
