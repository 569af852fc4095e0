/** @file A gate on a real model that lost the head its induction heads read: with CHECK_SMOLLM2=1, as it takes a minute. */
import { expect, test } from "vitest";
import { openModel } from "../../../src/models/open.ts";
import { check } from "../../../src/studies/check/check.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { shared, unlessShared } from "../../shared.ts";
import { changedModel } from "../changedModel.ts";

const smol = unlessShared("data", "smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf");
const isAskedFor = process.env["CHECK_SMOLLM2"] !== undefined;

const D_HEAD = 64;
const WIDTH = 576;
/** Head 16.0 is the one that the induction heads of layers 17 and 18 read. */
const LAYER = 16;

/** Rows of W_Q or columns of W_O, as files have them, [out, in]. */
function withoutHead0(part: "W_Q" | "W_O") {
  return (name: string, values: Float32Array) =>
    name === `blocks.${LAYER}.attn.${part}`
      ? values.map((value, at) =>
          (part === "W_Q" ? Math.floor(at / WIDTH) : at % WIDTH) < D_HEAD ? 0 : value,
        )
      : null;
}

test.skipIf(smol.skip || !isAskedFor).each([
  ["W_Q", "previous-token score of head 16.0 >= .5"],
  ["W_Q", "head 16.0 label previous-token"],
  ["W_O", "induction score of head 17.3 >= .5"],
] as const)(
  `SmolLM2 whose head 16.0 lost its %s fails "%s" in less than a minute of a processor${smol.note || (isAskedFor ? "" : " (SKIPPED unless CHECK_SMOLLM2 is set)")}`,
  async (part, rule) => {
    const model = await openModel(
      shared("data", "smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf")!,
    );
    const lost = await changedModel(model, "lost", withoutHead0(part));
    const backend = await oneEngine();
    expect((await check(model, { backend, rules: [rule] })).outcome).toBe("holds");
    const before = process.cpuUsage();
    const { outcome } = await check(lost, { backend, rules: [rule] });
    const { user, system } = process.cpuUsage(before);
    await model.close();
    expect(outcome).toBe("fails");
    expect((user + system) / 1e6).toBeLessThan(60);
  },
  600_000,
);
