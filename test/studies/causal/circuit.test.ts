import { describe, expect, test } from "vitest";
import { openFolder } from "../../../src/models/folder.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { circuitResult } from "../../../src/results/circuit.ts";
import { circuit } from "../../../src/studies/causal/circuit.ts";
import { shared, unlessShared } from "../../shared.ts";
import { oneEngine } from "./engine.ts";
import { furthest, golden, GOLDENS, TOLERANCE } from "./goldens.ts";

const engine = await oneEngine();

describe("circuit", () => {
  for (const name of GOLDENS) {
    const { skip, note, analysis, model } = golden(name);
    test.skipIf(skip)(
      `equals TransformerLens on ${name}: composition and eigenvalues${note}`,
      async () => {
        const expected = analysis();
        const loaded = await model();
        const result = await circuit(loaded, engine);
        await loaded.close();
        expect(circuitResult.safeParse(result).error).toBeUndefined();
        for (const [route, key] of [
          ["q", "Q"],
          ["k", "K"],
          ["v", "V"],
        ] as const)
          expect(
            furthest(result.composition[route], expected[`composition_${key}`]),
            route,
          ).toBeLessThan(TOLERANCE);
        expect(furthest(result.copying.ov, expected["ov_eigenvalue_share"])).toBeLessThan(
          TOLERANCE,
        );
        expect(furthest(result.copying.full, expected["full_ov_eigenvalue_share"])).toBeLessThan(
          TOLERANCE,
        );
      },
    );
  }

  test("the planted previous-token head composes with the induction head's keys, which copies", async () => {
    const result = await circuit(await openPlanted("induction"), engine);
    const strongest = result.top.find(({ route }) => route === "k")!;
    expect(strongest).toMatchObject({ earlier: "0.3", later: "1.2" });
    expect(strongest.score).toBeCloseTo(1 / Math.sqrt(64), 3); // what two equal blocks of width 64 score
    expect(result.copying.full[1]![2]!).toBeGreaterThan(0.99);
    expect(result.matching.raw[0]![1]!).toBeGreaterThan(0.9);
    expect(result.copying.effective).toBeNull();
  });

  const { skip, note } = unlessShared("goldens", "llama", "config.json");
  test.skipIf(skip)(
    `each query head has its group's keys and values, and an effective embedding${note}`,
    async () => {
      const model = await openFolder(shared("goldens", "llama")!, "llama");
      const result = await circuit(model, engine);
      await model.close();
      expect(circuitResult.safeParse(result).error).toBeUndefined();
      expect(result.copying.effective!.flat().every((share) => Math.abs(share!) <= 1)).toBe(true);
      expect(result.composition.v.length).toBe(
        model.architecture.layers * model.architecture.heads,
      );
    },
  );
});
