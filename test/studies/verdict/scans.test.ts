/** @file The verdict on state-space models: an ideal Mamba-2, and a Mamba whose channels each carry one token. */
import { describe, expect, test } from "vitest";
import { load } from "../../../src/index.ts";
import { drawnInNode } from "../../../src/draw/drawnInNode.ts";
import { lazySvg } from "../../../src/draw/lazySvg.ts";
import { verdictView } from "../../../src/studies/verdict/view.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";

describe("verdict of a state-space model", () => {
  test("names the head that copies, and the convolution as its previous-token step", async () => {
    const result = await verdict(await load("planted:mamba2"), { seqLen: 24 });
    expect(result.heads.map(({ label }) => label)).toEqual([
      "induction",
      "other",
      "other",
      "other",
    ]);
    const { evidence } = result.heads[0]!;
    expect(evidence.mechanism).toBe("convolution");
    expect(evidence.convolution!.value).toBeCloseTo(1, 3);
    expect(evidence.copying!.writes).toBe("+");
    expect(evidence.necessity!.alone.mean.nats.value).toBeGreaterThan(1);
    expect(result.heads[1]!.evidence.convolution).toBeNull();
    expect(result.circuit.mechanism).toBe("convolution");
    expect(result.words.join(" ")).toContain("convolution of their own layers");
    expect(result.words.join(" ")).not.toContain("Depth"); // of its one layer
    expect(result.warnings.join(" ")).toContain("paths into the candidates were not followed");
    const svg = await lazySvg(verdictView(result).pictures![0]!, drawnInNode)("light");
    expect(svg).toContain(">own convolution 1.0<");
    expect(svg).not.toContain("A line is"); // there is none
  });
});
