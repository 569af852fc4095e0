import { describe, expect, test } from "vitest";
import { load } from "../../src/index.ts";
import { generatedRows } from "../../src/inputs/scoreInput.ts";
import { directEffects } from "../../src/interventions/directEffects.ts";
import { verdict } from "../../src/studies/verdict/verdict.ts";
import { moments } from "../../src/measure/moments.ts";
import { oneEngine } from "./engine.ts";

const engine = await oneEngine();

describe("directEffects", () => {
  test.each(["zoo:attn-2l", "zoo:llama-gqa"])(
    "are what the verdict measures of its candidates on the same rows of %s",
    async (name) => {
      const model = await load(name);
      const effects = await directEffects(
        model,
        engine,
        generatedRows(model.architecture, { numExamples: 16 }),
      );
      const { heads } = await verdict(model, { numExamples: 16, backend: engine });
      await model.close();
      if (typeof effects === "string") throw new Error(effects);
      const run = heads.filter(({ evidence }) => evidence.copying !== null);
      expect(run.length).toBeGreaterThan(2);
      for (const { layer, head, evidence } of run)
        expect(moments(effects[layer]![head]!).mean).toBeCloseTo(evidence.copying!.effect.value, 3);
    },
  );
});
