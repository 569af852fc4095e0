/** @file Verdicts on trained models. SmolLM2 takes minutes and runs with VERDICT_SMOLLM2=1 (or =quick). */
import { describe, expect, test } from "vitest";
import { openModel } from "../../../src/models/open.ts";
import { nativeBackend } from "../../../src/runtime/native.ts";
import type { VerdictResult } from "../../../src/studies/verdict/result.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";
import { shared, unlessShared } from "../../shared.ts";
import { oneEngine } from "../../interventions/engine.ts";

const stories = unlessShared("data", "stories260k", "hf");
const smol = unlessShared("data", "smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf");
const request = process.env["VERDICT_SMOLLM2"];
const labelOf = ({ heads }: VerdictResult, name: string) =>
  heads.find(({ layer, head }) => `${layer}.${head}` === name)!;

test.skipIf(stories.skip)(
  `stories260K has no induction head, said in words${stories.note}`,
  async () => {
    const model = await openModel(shared("data", "stories260k", "hf")!);
    const result = await verdict(model, { backend: await oneEngine() });
    await model.close();
    expect(result.circuit).toMatchObject({ present: false, edges: [], depth: null });
    expect(result.heads.map(({ label }) => label)).not.toContain("induction");
    expect(result.words[0]).toMatch(/^No induction head/);
  },
);

describe.skipIf(smol.skip || request === undefined)(
  `SmolLM2-135M-Instruct${smol.note || " (SKIPPED unless VERDICT_SMOLLM2 is set)"}`,
  () => {
    test("has the circuit that goldens/smollm2-135m/circuit.json knows", async () => {
      const model = await openModel(
        shared("data", "smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf")!,
      );
      const backend = (await nativeBackend())!;
      const quick = request === "quick";
      const result = await verdict(model, { backend, quick });
      await model.close();
      const main = labelOf(result, "18.6");
      expect(main.label).toBe("induction");
      expect(main.evidence.upstream[0]).toMatchObject({ layer: 16, head: 0, route: "k" });
      expect(main.evidence.mechanism).toBe("K");
      expect(labelOf(result, "16.0").label).toBe("previous-token");
      const { label, evidence } = labelOf(result, "17.4");
      expect(label).toBe("induction");
      // The flag `redundant` needs the same of resampling, which is at its edge here: 1.96 times on 16 rows.
      const { necessity } = evidence;
      if (!necessity || !("alone" in necessity)) throw new Error("17.4 has no ablations");
      const { alone, givenOthers } = necessity;
      expect(givenOthers.sizedMean.nats.value).toBeGreaterThan(2 * alone.sizedMean.nats.value);
      expect(labelOf(result, "24.4").label).toBe("copy-suppression");
      if (quick) return;
      for (const name of ["22.7", "23.1", "23.8"])
        expect(labelOf(result, name), name).toMatchObject({
          label: "induction",
          flags: expect.arrayContaining(["partial"]) as string[],
        });
      expect(result.circuit.depth!.least).toBeCloseTo(17 / 30, 6);
    });
  },
);
