import { describe, expect, test } from "vitest";
import * as fc from "fast-check";
import { attentionTables } from "../../src/measure/attentionTables.ts";
import { contract } from "../../src/measure/contract.ts";
import { distanceScan, distanceTable, fixedDistance } from "../../src/measure/distanceScan.ts";
import { idealHeads } from "../../src/measure/idealHeads.ts";
import {
  duplicateTable,
  earlierCopies,
  inductionTable,
  inductionTargets,
  strongestTarget,
} from "../../src/measure/inductionTargets.ts";
import { uniformScores } from "../../src/measure/uniformScores.ts";
import { stackTables } from "../../src/measure/weightTable.ts";
import { blockTokens, oneHead } from "./oneHead.ts";

describe("inductionTargets(tokens, options)", () => {
  test("are the keys after earlier copies of the query's token, without q and q - 1", () => {
    //              0  1  2  3  4  5  6
    const tokens = [7, 8, 9, 7, 9, 9, 7];
    expect(inductionTargets(tokens)).toEqual([[], [], [], [1], [], [3], [1, 4]]);
    expect(inductionTargets(tokens, { adjacent: "only" })).toEqual([[], [], [], [], [3], [], []]);
  });

  test("with prefix 2 and 3 need that many tokens to agree", () => {
    const tokens = [1, 2, 3, 4, 2, 3, 5, 1, 2, 3];
    expect(inductionTargets(tokens, { prefix: 1 })[9]).toEqual([3, 6]);
    expect(inductionTargets(tokens, { prefix: 2 })[9]).toEqual([3, 6]);
    expect(inductionTargets(tokens, { prefix: 3 })[9]).toEqual([3]);
    expect(inductionTargets(tokens, { prefix: 2 })[8]).toEqual([2]);
  });

  test("take no notice of positions before start", () => {
    const tokens = [5, 6, 5, 6, 7];
    expect(earlierCopies(tokens, { start: 1 })).toEqual([[], [], [], [1], []]);
    expect(earlierCopies(tokens, { start: 1, prefix: 2 })).toEqual([[], [], [], [], []]);
  });

  test("agree with their definition on random sequences", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(4), { maxLength: 25 }),
        fc.integer({ min: 1, max: 3 }),
        (tokens, prefix) => {
          const targets = inductionTargets(tokens, { prefix });
          tokens.forEach((_, query) => {
            const expected = tokens.flatMap((__, key) => {
              const steps = Array.from({ length: prefix }, (___, index) => index + 1);
              const same = steps.every(
                (n) => key - n >= 0 && tokens[key - n] === tokens[query - n + 1],
              );
              return key < query - 1 && same ? [key] : [];
            });
            expect(targets[query]).toEqual(expected);
          });
        },
      ),
    );
  });
});

describe("inductionTable(tokens)", () => {
  const repeats = { start: 1, period: 20, length: 41 };
  const tokens = blockTokens(repeats);

  test("is the strict score on [BOS] r r", () => {
    const { table, queries } = inductionTable(tokens, { start: 1 });
    expect(queries).toEqual(Array.from({ length: 20 }, (_, row) => 21 + row));
    expect(table.data).toEqual(attentionTables(repeats).data.slice(0, 41 * 41));
  });

  test("is 1 for perfect induction and 0 for a duplicate-token head on natural repeats, at any prefix", () => {
    const natural = [9, 1, 2, 3, 9, 1, 2, 4, 9, 1, 2, 3];
    for (const prefix of [1, 2, 3]) {
      const { table } = inductionTable(natural, { prefix });
      const keys = inductionTargets(natural, { prefix });
      const perfect = oneHead(12, (query) => (keys[query]!.length > 0 ? keys[query]! : [0]));
      expect(contract(perfect, stackTables([table])).data[0]).toBeCloseTo(1, 6);
      const copies = earlierCopies(natural);
      const duplicate = oneHead(12, (query) =>
        copies[query]!.length > 0 ? copies[query]! : [query],
      );
      expect(contract(duplicate, stackTables([table])).data[0]).toBe(0);
      expect(contract(duplicate, stackTables([duplicateTable(natural).table])).data[0]).toBeCloseTo(
        1,
        6,
      );
    }
  });

  test("has the mean of targets / (q + 1) as its null", () => {
    const natural = [1, 2, 1, 3, 1, 2];
    const { table } = inductionTable(natural); // q = 4: keys 1, 3 -> 3 is q - 1; q = 5: key 2
    expect(uniformScores(stackTables([table])).data[0]).toBeCloseTo((1 / 5 + 1 / 6) / 2, 6);
  });

  test("refuses sequences without a repeat", () => {
    expect(() => inductionTable([1, 2, 3])).toThrow(
      "induction needs a token that came before, with another token after it, got 3 tokens without",
    );
    expect(() => inductionTable([1, 2, 1, 2], { prefix: 3 })).toThrow(
      /needs 3 tokens that came before/,
    );
    expect(() => duplicateTable([1, 2, 3])).toThrow(/a token that comes twice/);
  });

  test("counts only the strongest of several targets where asked", () => {
    const natural = [1, 2, 1, 3, 4, 1, 5];
    const half = oneHead(7, (query) => (query === 5 ? [1, 3] : [0]));
    expect(strongestTarget(half, natural)[0]).toBeCloseTo(0.5, 6);
    expect(contract(half, stackTables([inductionTable(natural).table])).data[0]).toBeCloseTo(1, 6);
  });
});

describe("distanceScan(pattern, queries) and fixedDistance(scans)", () => {
  const rows = (period: number) => Array.from({ length: period }, (_, row) => 1 + period + row);

  test("show each stripe at its distance, as the table of that distance does", () => {
    const repeats = { start: 1, period: 10, length: 21 };
    const scan = distanceScan(idealHeads(repeats), rows(10));
    expect(scan.shape).toEqual([12, 6]);
    expect(scan.data[9 * 6 + 0]).toBeCloseTo(1, 12); // induction: S - 1
    expect(scan.data[10 * 6 + 1]).toBeCloseTo(1, 12); // duplicate: S
    expect(scan.data[1 * 6 + 2]).toBeCloseTo(1, 12); // previous
    const table = distanceTable(21, rows(10), 9);
    expect(contract(idealHeads(repeats), stackTables([table])).data[0]).toBe(1);
  });

  test("find the distance that is the same at every period, and no stripe of an induction head", () => {
    const scans = [7, 10, 13].map((period) => {
      const length = 1 + 2 * period;
      const positional = oneHead(length, (query) => [Math.max(0, query - 6), 0]);
      return distanceScan(positional, rows(period));
    });
    expect(fixedDistance(scans)[0]).toEqual({ distance: 6, strength: 0.5 });
    const moving = [7, 10, 13].map((period) =>
      distanceScan(idealHeads({ start: 1, period, length: 1 + 2 * period }), rows(period)),
    );
    expect(fixedDistance(moving)[0]!.strength).toBe(0);
    expect(fixedDistance(moving)[2]!.strength).toBe(0); // previous-token: d = 1 is not scanned
  });

  test("refuse rows that are not there, and scans of other heads", () => {
    const pattern = oneHead(5, (query) => [query]);
    expect(() => distanceScan(pattern, [5])).toThrow(
      "distanceScan needs queries from 0 to 4, got 5",
    );
    expect(() => distanceScan(pattern, [])).toThrow(/got none/);
    expect(() => fixedDistance([])).toThrow(/distances of 2 and more/);
    expect(() => fixedDistance([distanceScan(pattern, [1])])).toThrow(/distances of 2 and more/);
  });
});
