import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../../../src/base/backend.ts";
import { InputError } from "../../../src/base/errors.ts";
import type { HeadChoice } from "../../../src/base/headName.ts";
import {
  ablate,
  attention,
  certify,
  check,
  circuit,
  fingerprint,
  inductionHeadDetector,
  load,
  patch,
  pathPatch,
  shapley,
  text,
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

/** An engine that no session may be opened on. */
const unused: Backend = {
  ...{ device: "cpu", threads: 1, versions: {}, mapsFiles: false },
  availableBytes: () => 2 ** 33,
  create: () => Promise.reject(new Error("internal: a session was opened")),
};
const tokens = [[5, 6, 7, 8, 5, 6, 7, 8]];
const pairs = [{ prompts: [tokens[0]!, tokens[0]!] as never, target: 5 as never }];

/** Every option that takes heads. */
const OPTIONS: Readonly<Record<string, (head: string) => Promise<unknown>>> = {
  "ablate sets": (head) => ablate(model, { backend: unused, sets: [[head]] }),
  "ablate alwaysAblate": (head) => ablate(model, { backend: unused, alwaysAblate: [head] }),
  "ablate idealise": (head) => ablate(model, { backend: unused, idealise: [head] }),
  "attention heads": (head) => attention(model, { backend: unused, heads: [head] }),
  "certify heads": async (head) =>
    certify(await load("zoo:attn-2l"), { backend: unused, heads: [head] }),
  "check rules": (head) =>
    check(model, { backend: unused, rules: [`head ${head} label induction`] }),
  "circuit heads": (head) => circuit(model, { backend: unused, heads: [head] }),
  "fingerprint heads": (head) => fingerprint(model, { backend: unused, heads: [head] }),
  "patch heads": (head) => patch(model, { backend: unused, heads: [head] }),
  "pathPatch into": (head) => pathPatch(model, { backend: unused, into: [head] }),
  "pathPatch from": (head) => pathPatch(model, { backend: unused, into: ["1.0"], from: [[head]] }),
  "shapley heads": (head) => shapley(model, { backend: unused, heads: [head] }),
  "text heads": (head) => text(model, { backend: unused, tokens, pairs, heads: [head] }),
  "why head": (head) => why(model, { backend: unused, head }),
};

test.each(Object.entries(OPTIONS))(
  "%s refuses a head that the model lacks and a name that is none before anything is opened",
  async (_, study) => {
    await expect(study("1.9")).rejects.toThrow(/1\.9/);
    await expect(study("1.9")).rejects.toBeInstanceOf(InputError);
    await expect(study("L1H2")).rejects.toBeInstanceOf(InputError);
  },
);
