/** @file Real GPT-2 attention on five prompts, from the shared data beside the repository; skipped where it is missing. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { tensor } from "../../src/base/tensor.ts";
import { contract } from "../../src/measure/contract.ts";
import { diagonalTable, firstColumnTable } from "../../src/measure/diagonals.ts";
import { stackTables } from "../../src/measure/weightTable.ts";

const FOLDER = new URL("../../../shared/data/gpt2-attention/", import.meta.url);
const missing = !existsSync(FOLDER);

/** Scores by "layer.head" for previous token (over q >= 1) and first token (all rows). */
function scoresOf(example: number) {
  const { pattern } = JSON.parse(readFileSync(new URL(`ex${example}.json`, FOLDER), "utf8")) as {
    pattern: number[][][][];
  };
  const length = pattern[0]![0]!.length;
  const flat = Float32Array.from(pattern.flat(3));
  const heads = tensor(["head", "query", "key"], [144, length, length], flat);
  const { data } = contract(
    heads,
    stackTables([diagonalTable(length, 1), firstColumnTable(length)]),
  );
  const scoresOfName = (measure: number) => (name: string) => {
    const [layer, head] = name.split(".").map(Number) as [number, number];
    return data[measure * 144 + layer * 12 + head]!;
  };
  const names = Array.from({ length: 144 }, (_, head) => `${Math.floor(head / 12)}.${head % 12}`);
  return { previousToken: scoresOfName(0), firstToken: scoresOfName(1), names };
}

describe.skipIf(missing)(
  "GPT-2 small on five prompts (needs ../shared/data/gpt2-attention)",
  () => {
    /** The previous-token head and the runner-up, as docs/benchmark.md lists them. */
    const PREVIOUS = [
      [0, 1, "2.2", 0.683],
      [1, 1, "2.2", 0.619],
      [2, 1, "2.2", 0.641],
      [3, 1, "2.2", 0.632],
      [4, 1, "3.7", 0.652],
    ] as const;
    test.each(PREVIOUS)(
      "prompt %i: 4.11 is the previous-token head with %f, then comes %s with %f",
      (example, best, runnerUp, score) => {
        const { previousToken, names } = scoresOf(example);
        const [first, second] = [...names].sort(
          (left, right) => previousToken(right) - previousToken(left),
        );
        expect([first, second]).toEqual(["4.11", runnerUp]);
        expect(previousToken("4.11")).toBeCloseTo(best, 3);
        expect(previousToken(runnerUp)).toBeCloseTo(score, 3);
      },
    );

    test.each([0, 1, 2, 3, 4])(
      "prompt %i: 5.1, 6.9 and 7.2 rest on the first token, having nothing to repeat",
      (example) => {
        const { firstToken } = scoresOf(example);
        for (const name of ["5.1", "6.9", "7.2"])
          expect(firstToken(name), name).toBeGreaterThan(0.98);
      },
    );
  },
);
