import { describe, expect, test } from "vitest";
import { openFolder } from "../../../src/models/folder.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { score } from "../../../src/studies/score/score.ts";
import { scoreResult, type ScoreResult } from "../../../src/studies/score/result.ts";
import { backends } from "../../runtime/backends.ts";
import { shared, sharedJson, unlessShared } from "../../shared.ts";

const engines = await backends();

describe.each(engines.map((engine) => [engine.device, engine] as const))(
  "score on %s",
  (_, engine) => {
    test("finds the heads of the planted model", async () => {
      const result = await score(await openPlanted("induction"), { backend: engine });
      expect(scoreResult.safeParse(result).error).toBeUndefined();
      expect(result.top[0]).toMatchObject({ layer: 1, head: 2 });
      expect(result.scores.induction[1]![2]).toBeGreaterThan(0.9);
      expect(result.scores.previousToken[0]![3]).toBeGreaterThan(0.9);
      expect(result.scores.duplicateToken[0]![1]).toBeGreaterThan(0.9);
      expect(result.scores.firstToken[0]![2]).toBeGreaterThan(0.9);
      expect(result.loss!.secondCopy).toBeLessThan(0.1 * result.loss!.firstCopy);
    });

    test("scores a scan, also in runs that give no losses", async () => {
      const options = { backend: engine, numExamples: 9, topHeads: 3 };
      const oneExample = await score(await openPlanted("mamba"), { ...options, lossExamples: 1 });
      const all = await score(await openPlanted("mamba"), { ...options, lossExamples: "all" });
      expect(oneExample.scores).toEqual(all.scores);
      expect(oneExample.top[0]!.score).toBeGreaterThan(0.98);
    });

    test("tells on its way the Result of the first sequences, which is that of a score of as many", async () => {
      const model = await openPlanted("induction");
      const partialResults: ScoreResult[] = [];
      const options = { backend: engine, numExamples: 23 };
      const whole = await score(model, {
        ...options,
        soFar: (result) => partialResults.push(result),
      });
      const counts = partialResults.map(({ input }) => input.examples);
      expect(counts.length).toBeGreaterThan(1);
      expect(counts).toEqual(counts.toSorted((a, b) => a - b));
      expect(counts.at(-1)).toBeLessThan(whole.input.examples);
      for (const part of partialResults) {
        expect(scoreResult.safeParse(part).error).toBeUndefined();
        const alone = await score(model, { ...options, numExamples: part.input.examples });
        expect(part.scores).toEqual(alone.scores);
        expect(part.top).toEqual(alone.top);
      }
      expect(whole).toMatchObject({ scores: (await score(model, options)).scores });
    });

    const { skip, note } = unlessShared("data", "stories260k");
    test.skipIf(skip)(
      `equals PyTorch on stories260K, a real model without induction heads${note}`,
      async () => {
        const expected = sharedJson("data", "stories260k", "expected.json") as Record<
          string,
          never
        > & {
          tokens: number[][];
          period: number;
          bos: boolean;
          loss_first_copy: number;
          loss_second_copy: number;
        };
        const model = await openFolder(shared("data", "stories260k", "hf")!, "stories260k");
        const result = await score(model, {
          backend: engine,
          rows: { tokens: expected.tokens, period: expected.period, bos: expected.bos },
          lossExamples: "all",
        });
        await model.close();
        const pairs = {
          induction: "induction",
          previousToken: "previous",
          duplicateToken: "duplicate",
          firstToken: "first",
          currentToken: "current",
        } as const;
        for (const [ours, theirs] of Object.entries(pairs) as [keyof typeof pairs, string][]) {
          const expectedScores = expected[theirs] as unknown as number[][];
          result.scores[ours].forEach((layer, at) =>
            layer.forEach((value, head) => {
              expect(
                Math.abs(value - expectedScores[at]![head]!),
                `${ours} ${at}.${head}`,
              ).toBeLessThan(1e-4);
            }),
          );
        }
        expect(Math.abs(result.loss!.firstCopy - expected.loss_first_copy)).toBeLessThan(1e-4);
        expect(Math.abs(result.loss!.secondCopy - expected.loss_second_copy)).toBeLessThan(1e-4);
        expect(result.verdictInWords).toContain("No head attends like an induction head");
      },
    );
  },
);
