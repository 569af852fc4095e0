/** Options with names that a study does not read are refused, with the name that was probably meant. */
import { expect, test } from "vitest";
import { InputError, load } from "../../../src/index.ts";
import * as library from "../../../src/index.ts";
import { writeResult } from "../../../src/report.ts";

const STUDIES = [
  ...["score", "verdict", "ablate", "patch", "pathPatch", "attribution", "lens", "circuit"],
  ...["analyse", "attention", "text", "why", "check", "shapley", "fingerprint", "fewShot"],
] as const;
type Study = (model: unknown, options: object) => unknown;

test("every study names an option that it does not read, before anything runs", async () => {
  const model = await load("planted:induction");
  for (const name of STUDIES) {
    const study = (library as unknown as Record<string, Study>)[name]!;
    const error = await Promise.resolve()
      .then(() => study(model, { theads: 1, signal: undefined }))
      .catch((reason: unknown) => reason);
    expect(error, name).toBeInstanceOf(InputError);
    expect(error, name).toMatchObject({ code: "options", option: "theads" });
    expect((error as Error).message).toMatch(
      /has no option `theads`, did you mean `\w*heads?`|threads/,
    );
  }
  await model.close();
});

test("a name that is near none is answered with all names, and undefined is no option", async () => {
  const model = await load("planted:induction");
  const misspelt = { sequences: 3 } as object;
  await expect(library.score(model, misspelt)).rejects.toThrow(
    /score has no option `sequences` \(it reads .*`numExamples`.*\)/,
  );
  const left = { sequences: undefined, numExamples: 2, lossExamples: 0 } as object;
  expect((await library.score(model, left)).input.examples).toBe(2);
  expect(() => library.inductionHeadDetector(model, { treshold: 0.4 } as object)).toThrow(
    "did you mean `threshold`",
  );
  expect(() => library.audit(null, { seqlen: 8 } as object)).toThrow("did you mean `seqLen`");
  await model.close();
});

test("what is no prompt and no path of a file is refused by what it is", async () => {
  const model = await load("planted:induction");
  for (const prompt of [null, 5] as never[]) {
    const words = `a run needs a text, texts, or rows of token ids, got ${String(prompt)}`;
    await expect(library.runWithCache(model, prompt)).rejects.toThrow(words);
    await expect(library.generate(model, prompt)).rejects.toThrow(words);
  }
  await expect(writeResult({}, 5 as never)).rejects.toThrow(
    "a Result needs the path of a file, got 5",
  );
  await model.close();
});
