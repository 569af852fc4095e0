import { expect, test, vi } from "vitest";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { score } from "../../../src/studies/score/score.ts";
import { lasting } from "../../lasting.ts";
import { backends } from "../../runtime/backends.ts";

const chunk = vi.hoisted(() => ({ rows: 1 }));
vi.mock("../../../src/runtime/chunks.ts", async (original) => ({
  ...(await original<object>()),
  rowsPerRun: () => chunk.rows,
}));

test.each((await backends()).map((engine) => [engine.device, engine] as const))(
  "score gives the same bytes on %s however the rows are cut into runs",
  async (_, engine) => {
    const model = await openPlanted("induction");
    const results: string[] = [];
    for (const rows of [1, 4, 7, 9, 12]) {
      chunk.rows = rows;
      const result = await score(model, {
        backend: engine,
        numExamples: 12,
        seqLen: 32,
        lossExamples: 5,
      });
      results.push(lasting(result));
    }
    for (const other of results) expect(other).toBe(results[0]);
  },
);
