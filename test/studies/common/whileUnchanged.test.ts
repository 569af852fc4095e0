import { expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.ts";
import { whileUnchanged } from "../../../src/studies/common/whileUnchanged.ts";

const CHANGED = new InputError("file", "model.safetensors was changed");

/** A model whose file is another one from the look `from` on. */
function model(from: number) {
  let looks = 0;
  return { unchanged: () => (++looks < from ? Promise.resolve() : Promise.reject(CHANGED)) };
}

test("gives what the study gives where the file stays as it was", async () => {
  expect(await whileUnchanged(model(3), () => Promise.resolve(7))).toBe(7);
});

test("runs nothing on a file that was changed before, and gives nothing if it was meanwhile", async () => {
  let runs = 0;
  const run = () => Promise.resolve(++runs);
  await expect(whileUnchanged(model(1), run)).rejects.toBe(CHANGED);
  expect(runs).toBe(0);
  await expect(whileUnchanged(model(2), run)).rejects.toBe(CHANGED);
  expect(runs).toBe(1);
});
