import { describe, expect, test } from "vitest";
import { openEngine, verdict } from "../../../src/index.ts";
import { HELD_OUT, heldOutModel } from "./heldOutModels.ts";

/** Seeds of each model; VERDICT_HELD_OUT asks for more than a test run has time for. */
const SEEDS = Number(process.env["VERDICT_HELD_OUT"] ?? 0);
const note = SEEDS > 0 ? "" : " (SKIPPED: VERDICT_HELD_OUT, seeds of each, is not set)";
const SECONDS_EACH = 120;

describe(`heads of kinds that no population has are called what they are, or undecided${note}`, () => {
  for (const heldOut of HELD_OUT)
    test.skipIf(SEEDS === 0)(heldOut.what, { timeout: 1000 * SECONDS_EACH * SEEDS }, async () => {
      const backend = await openEngine();
      const wrong: string[] = [];
      for (let seed = 0; seed < SEEDS; seed++) {
        const { model, labels } = await heldOutModel(heldOut, seed);
        const { heads } = await verdict(model, { backend });
        await model.close();
        for (const { layer, head, label, why, flags } of heads) {
          const truth = labels[layer]![head]!;
          const isTrue = label === truth || heldOut.accepts?.[truth]?.includes(label);
          if (!isTrue)
            wrong.push(
              `${seed}: ${layer}.${head} is ${truth}, not ${label} [${flags.join()}]: ${why}`,
            );
        }
      }
      expect(wrong).toEqual([]);
    });
});
