import { describe, expect, test } from "vitest";
import { patchResult } from "../../../src/studies/patch/result.ts";
import { type UnitName } from "../../../src/results/causalNames.ts";
import { patch } from "../../../src/studies/patch/patch.ts";
import { backends } from "../../runtime/backends.ts";
import { furthest, golden, GOLDENS, ownPairOf, TOLERANCE } from "../../interventions/goldens.ts";

const engines = await backends();

const UNITS: Readonly<Record<string, UnitName>> = {
  patch_head_out: "head-out",
  patch_head_q: "head-q",
  patch_head_k: "head-k",
  patch_head_v: "head-v",
  patch_head_pattern: "head-pattern",
};

describe.each(engines.map((engine) => [engine.device, engine] as const))(
  "patch on %s",
  (_, engine) => {
    for (const name of GOLDENS) {
      const { skip, note, analysis, model } = golden(name);
      test.skipIf(skip)(`equals TransformerLens on ${name}, unit by unit${note}`, async () => {
        const expected = analysis();
        const loaded = await model();
        const run = (unit: UnitName, byPosition = false) =>
          patch(loaded, {
            backend: engine,
            rows: ownPairOf(expected),
            unit,
            byPosition,
            raw: true,
          });
        for (const [key, unit] of Object.entries(UNITS)) {
          const result = await run(unit);
          expect(patchResult.safeParse(result).error).toBeUndefined();
          expect(furthest(result.values, expected[key]), unit).toBeLessThan(TOLERANCE);
          expect(Math.abs(result.metric.clean - expected.metric_clean)).toBeLessThan(TOLERANCE);
          expect(Math.abs(result.metric.corrupted - expected.metric_corrupted)).toBeLessThan(
            TOLERANCE,
          );
        }
        const resid = await run("resid-pre", true);
        expect(furthest(resid.values, expected["patch_resid_pre_by_pos"])).toBeLessThan(TOLERANCE);
        const attn = await run("attn-out", true);
        expect(furthest(attn.values, expected["patch_attn_out_by_pos"])).toBeLessThan(TOLERANCE);
        await loaded.close();
      });
    }
  },
);
