/** @file The ideal case of a state-space model: a Mamba that copies what followed, and the same without its convolution. */
import { expect, test } from "vitest";
import { attentionTables, ATTENTION_SCORES } from "../../src/measure/attentionTables.ts";
import { contract } from "../../src/measure/contract.ts";
import { tensor } from "../../src/base/tensor.ts";
import { random } from "../../src/base/random.ts";
import { slice } from "../../src/graph/edits/slice.ts";
import { modelFrom } from "../../src/models/families.ts";
import { plantedScan } from "../../src/models/planted/scan.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { backends } from "../runtime/backends.ts";

const TOKENS = 24;
const PERIOD = 12;
const LENGTH = 1 + 2 * PERIOD;

/** Scores by name, a number for each channel. */
async function scores(shifts: boolean, engine: Awaited<ReturnType<typeof backends>>[number]) {
  const { config, weights } = plantedScan({ tokens: TOKENS, shifts });
  const { program } = modelFrom(config, { weights, unsupported: new Map() });
  const draw = random(3);
  const ids = draw.shuffled(Array.from({ length: TOKENS }, (_, id) => id + 1)).slice(0, PERIOD);
  const row = Int32Array.from([0, ...ids, ...ids]);
  const pattern = "blocks.0.attn.hook_pattern";
  const session = await prepare(slice(program, { outputs: [pattern, "logits"] }), engine);
  const trace = await session.run(
    new Map([["tokens", tensor(["batch", "position"], [1, LENGTH], row)]]),
  );
  await session.close();
  const { data, shape } = trace.get(pattern)!;
  const patterns = tensor(["head", "query", "key"], shape.slice(1), data);
  const tables = attentionTables({ start: 1, period: PERIOD, length: LENGTH });
  const { data: found } = contract(patterns, tables);
  const heads = 2 * TOKENS;
  const byName = ATTENTION_SCORES.map((name, index) => [
    name,
    Array.from(found.slice(index * heads, (index + 1) * heads)),
  ]);
  return { logits: trace.get("logits")!, row, ...Object.fromEntries(byName) } as {
    readonly logits: { readonly data: Float32Array };
    readonly row: Int32Array;
  } & Record<(typeof ATTENTION_SCORES)[number], number[]>;
}

for (const engine of await backends()) {
  test(`channels that copy what followed score 1, the others 0, on ${engine.device}`, async () => {
    const { induction, previousToken, duplicateToken, currentToken, logits, row } = await scores(
      true,
      engine,
    );
    for (const [channel, score] of induction.entries())
      expect(Math.abs(score - Number(channel < TOKENS))).toBeLessThan(0.02);
    for (const other of [previousToken, duplicateToken, currentToken])
      for (const score of other) expect(score).toBeLessThan(0.02);
    for (let query = 1 + PERIOD; query < LENGTH - 1; query++) {
      const here = logits.data.slice(query * (TOKENS + 1), (query + 1) * (TOKENS + 1));
      expect(here.indexOf(Math.max(...here))).toBe(row[query + 1]);
    }
  });

  test(`without the shift of the convolution no channel does, on ${engine.device}`, async () => {
    const { induction, duplicateToken, currentToken } = await scores(false, engine);
    for (const score of induction) expect(score).toBeLessThan(0.02);
    for (let channel = 0; channel < TOKENS; channel++) {
      expect(duplicateToken[channel]).toBeCloseTo(0.5, 2);
      expect(currentToken[channel]).toBeCloseTo(0.5, 2);
    }
  });
}
