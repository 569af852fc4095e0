import { expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { whileUnchanged } from "../../../src/studies/common/whileUnchanged.ts";
import { oneEngine } from "../../interventions/engine.ts";

const backend = await oneEngine();
const planted = await openPlanted("induction");
const CHANGED = new InputError("file", "model.safetensors was changed");

/** A model whose file is another one from the look `from` on. */
function model(from: number) {
  let looks = 0;
  const unchanged = () => (++looks < from ? Promise.resolve() : Promise.reject(CHANGED));
  return { ...planted, unchanged };
}

test("gives what the study gives where the file stays as it was", async () => {
  expect(await whileUnchanged(model(3), backend, () => Promise.resolve(7))).toBe(7);
});

test("runs nothing on a file that was changed before, and gives nothing if it was meanwhile", async () => {
  let runs = 0;
  const run = () => Promise.resolve(++runs);
  await expect(whileUnchanged(model(1), backend, run)).rejects.toBe(CHANGED);
  expect(runs).toBe(0);
  await expect(whileUnchanged(model(2), backend, run)).rejects.toBe(CHANGED);
  expect(runs).toBe(1);
});
