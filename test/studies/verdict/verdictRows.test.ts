import { expect, test } from "vitest";
import { openModel } from "../../../src/models/open.ts";
import { verdictRows } from "../../../src/studies/verdict/verdictRows.ts";

test("rows of one period are no beginnings of another's: means over periods have three times the rows", async () => {
  const { architecture } = await openModel("planted:induction");
  const counts = { attention: 14, causal: 1, screening: 1, reference: 1, worth: 1 };
  const { attention } = await verdictRows(architecture, {}, counts);
  const beginnings = attention.flatMap(({ repeated, disjoint, start }) =>
    [repeated, disjoint].map(({ data, shape }) =>
      Array.from({ length: shape[0]! }, (_, row) => {
        const from = row * shape[1]! + start;
        return data.subarray(from, from + 3).join(" ");
      }),
    ),
  );
  expect(attention).toHaveLength(3);
  const [longest, ...shorter] = beginnings.filter((_, at) => at % 2 === 0);
  for (const rows of shorter)
    for (const [row, tokens] of rows.entries()) expect(tokens).not.toBe(longest![row]);
  const [, controls] = beginnings;
  expect(controls).toEqual(longest);
});
