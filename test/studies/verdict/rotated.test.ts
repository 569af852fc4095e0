import { expect, test } from "vitest";
import { openEngine, verdict } from "../../../src/index.ts";
import { rotatedModel } from "./rotatedModel.ts";

/** Models to build; VERDICT_ROTATED asks for more than a test run has time for. */
const COUNT = Number(process.env["VERDICT_ROTATED"] ?? 4);
const NOISES = [0.02, 0.05, 0.1, 0.2] as const;
const SECONDS_EACH = 30;
/** A random map may favour or oppose the right tokens of one model by chance, and then does so. */
const MOST_WRONG = 0.005;

const title = "heads of models that were built in another way are called what they are";

test(title, { timeout: 1000 * SECONDS_EACH * COUNT, tags: ["slow"] }, async () => {
  const backend = await openEngine();
  const wrong: string[] = [];
  const counts = new Map<string, number>();
  for (let seed = 0; seed < COUNT; seed++) {
    const { model, labels } = await rotatedModel(seed, NOISES[seed % NOISES.length]!);
    const { heads } = await verdict(model, { backend });
    for (const { layer, head, label, why } of heads) {
      const truth = labels[layer]![head]!;
      counts.set(truth, (counts.get(truth) ?? 0) + 1);
      if (label !== truth)
        wrong.push(`${seed}: ${layer}.${head} is ${truth}, not ${label}: ${why}`);
    }
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  console.log(`${COUNT} models, ${total} heads, ${wrong.length} called wrong\n${wrong.join("\n")}`);
  expect(wrong.length).toBeLessThanOrEqual(total * MOST_WRONG);
  expect(counts.get("induction")).toBeGreaterThan(8);
  expect(counts.size).toBe(9);
});
