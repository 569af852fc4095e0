/**
 * @file What others published about GPT-2 small, held against this library: opt-in, since its weights are not here.
 * INDUCTION_LENS_GPT2 names the model: a folder with config.json, model.safetensors and tokenizer.json, or a hub name
 * such as `gpt2`.
 *
 * Sources: outputs stored in TransformerLens' notebooks (mid 2024), and tiny-circuits for paths and ablations.
 */
import { describe, expect, test } from "vitest";
import { tensor } from "../../../src/base/tensor.ts";
import { detectHead, detectionPattern } from "../../../src/measure/detectHead.ts";
import { openModel } from "../../../src/models/open.ts";
import { ablate } from "../../../src/studies/ablate/ablate.ts";
import { attention } from "../../../src/studies/attention/attention.ts";
import { pathPatch } from "../../../src/studies/path/path.ts";
import { score } from "../../../src/studies/score/score.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";
import { oneEngine } from "../../interventions/engine.ts";

const name = process.env["INDUCTION_LENS_GPT2"];
const INDUCTION = ["5.1", "5.5", "6.9", "7.2", "7.10"];
const HEADS = Array.from({ length: 144 }, (_, at) => `${Math.floor(at / 12)}.${at % 12}`);
const at = (scores: readonly (readonly number[])[], head: string) => {
  const [layer, index] = head.split(".").map(Number) as [number, number];
  return scores[layer]![index]!;
};
const byScore = (scores: readonly (readonly number[])[]) =>
  [...HEADS].sort((left, right) => at(scores, right) - at(scores, left));

describe.skipIf(name === undefined)(
  `GPT-2 small${name === undefined ? " (SKIPPED unless INDUCTION_LENS_GPT2 names its weights)" : ""}`,
  async () => {
    if (name === undefined) return;
    const model = await openModel(name);
    const engine = await oneEngine();

    test.each([100, 200])(
      "five heads attend like induction heads, the sixth is far behind, --seq-len %i",
      async (seqLen) => {
        const { scores, loss } = await score(model, { backend: engine, seqLen, bos: "off" });
        const best = byScore(scores.induction);
        expect(best.slice(0, 5).sort()).toEqual([...INDUCTION].sort());
        expect(at(scores.induction, best[4]!)).toBeGreaterThanOrEqual(0.8);
        expect(at(scores.induction, best[5]!)).toBeLessThanOrEqual(0.55);
        const published = { "5.5": 0.9321, "7.10": 0.9243, "5.1": 0.9171, "6.9": 0.917 };
        for (const [head, value] of Object.entries(published))
          expect.soft(Math.abs(at(scores.induction, head) - value), head).toBeLessThan(0.03);
        expect(at(scores.induction, "7.2")).toBeGreaterThan(0.82);
        const previous = byScore(scores.previousToken);
        expect(previous[0]).toBe("4.11");
        expect(at(scores.previousToken, "4.11")).toBeGreaterThan(0.97);
        expect(at(scores.previousToken, previous[1]!)).toBeLessThan(0.6);
        expect(byScore(scores.duplicateToken).slice(0, 2).sort()).toEqual(["0.5", "3.0"]);
        expect(Math.abs(loss!.firstCopy - 12.05)).toBeLessThan(0.6);
        expect(loss!.secondCopy).toBeLessThan(0.4);
      },
    );

    const P1 =
      "The head detector feature for TransformerLens allows users to check for various common heads automatically, reducing the cost of discovery.";
    test("detect_head finds the previous-token heads of TransformerLens' demonstration", async () => {
      const { heads, sequences } = await attention(model, {
        backend: engine,
        texts: [P1],
        bos: "on",
        heads: [...HEADS],
      });
      const { tokens } = sequences[0]!;
      const length = tokens.length;
      const weights = new Float32Array(heads.length * length * length);
      heads.forEach(({ weights: rows }, head) =>
        rows.forEach((row, query) =>
          row.forEach((weight, key) => {
            weights[(head * length + query) * length + key] = weight ?? 0;
          }),
        ),
      );
      const pattern = tensor(["head", "query", "key"], [heads.length, length, length], weights);
      const expectedPattern = detectionPattern(tokens, "previous_token_head");
      const detect = (options: Parameters<typeof detectHead>[2]) => {
        const fits = detectHead(pattern, expectedPattern, options);
        return Object.fromEntries(HEADS.map((head, index) => [head, fits[index]!]));
      };
      const plain = detect({});
      for (const [head, value] of [
        ["4.11", 0.9594],
        ["2.2", 0.5738],
        ["3.7", 0.4644],
        ["2.9", 0.3567],
      ] as const)
        expect.soft(plain[head], head).toBeCloseTo(value, 3);
      const excluded = detect({ excludeBos: true, excludeCurrentToken: true });
      for (const [head, value] of [
        ["4.11", 1],
        ["5.6", 0.8786],
        ["3.3", 0.7983],
      ] as const)
        expect.soft(excluded[head], head).toBeCloseTo(value, 3);
    });

    test("4.11 feeds the keys of the induction heads, and nothing else comes near", async () => {
      for (const receiver of INDUCTION) {
        const { paths } = await pathPatch(model, {
          backend: engine,
          into: [receiver],
          route: "k",
          bos: "on",
        });
        expect(paths[0]!.from, receiver).toEqual(["4.11"]);
        expect(paths[1]!.drop / paths[0]!.drop, receiver).toBeLessThan(0.5);
      }
    });

    test("without the five and 4.11 about half of the gain from repetition is gone", async () => {
      const { sets } = await ablate(model, {
        backend: engine,
        bos: "on",
        seqLen: 100,
        sets: [INDUCTION, [...INDUCTION, "4.11"]],
      });
      const [five, six] = sets;
      /* 12.94 nats of gain: -12.94, -8.68 without the five, -6.44 without 4.11 besides. */
      expect(five!.secondCopy).toBeGreaterThan(3);
      expect(five!.secondCopy).toBeLessThan(5.5);
      expect(six!.secondCopy).toBeGreaterThan(five!.secondCopy);
    });

    test("its verdict names them, 4.11 upstream, and the two heads that write against", async () => {
      const result = await verdict(model, { backend: engine, quick: true });
      const of = (head: string) =>
        result.heads.find((entry) => `${entry.layer}.${entry.head}` === head)!;
      for (const head of INDUCTION) {
        expect.soft(of(head).label, head).toBe("induction");
        expect
          .soft(of(head).evidence.upstream[0], head)
          .toMatchObject({ layer: 4, head: 11, route: "k" });
      }
      expect(of("4.11").label).toBe("previous-token");
      for (const head of ["10.7", "11.10"]) {
        expect.soft(of(head).evidence.copying?.writes, head).toBe("-");
        expect.soft(["anti-induction", "copy-suppression"], head).toContain(of(head).label);
      }
    });
  },
  1_200_000,
);
