/** @file The ideal cases of state-space models: a Mamba and a Mamba-2 that copy what followed, and the same without its convolution. */
import { expect, test } from "vitest";
import { attentionTables, ATTENTION_SCORES } from "../../src/measure/attentionTables.ts";
import { contract } from "../../src/measure/contract.ts";
import { tensor } from "../../src/base/tensor.ts";
import { random } from "../../src/base/random.ts";
import { slice } from "../../src/graph/edits/slice.ts";
import { modelFrom } from "../../src/models/families.ts";
import { plantedMamba, plantedMamba2 } from "../../src/models/planted/scan.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { backends } from "../runtime/backends.ts";

const TOKENS = 24;
const PERIOD = 12;
const LENGTH = 1 + 2 * PERIOD;

type MadeModel = typeof plantedMamba | typeof plantedMamba2;

/** Scores by name, a number for each channel or head. */
async function scores(
  plant: MadeModel,
  shifts: boolean,
  engine: Awaited<ReturnType<typeof backends>>[number],
) {
  const { config, weights } = plant({ tokens: TOKENS, shifts });
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
  const { data: values } = contract(patterns, tables);
  const heads = shape[1]!;
  const byName = ATTENTION_SCORES.map((name, index) => [
    name,
    Array.from(values.slice(index * heads, (index + 1) * heads)),
  ]);
  return { logits: trace.get("logits")!, row, ...Object.fromEntries(byName) } as {
    readonly logits: { readonly data: Float32Array };
    readonly row: Int32Array;
  } & Record<(typeof ATTENTION_SCORES)[number], number[]>;
}

const MODELS = [
  { name: "Mamba", made: plantedMamba, copying: TOKENS },
  { name: "Mamba-2", made: plantedMamba2, copying: 1 },
] as const;

for (const engine of await backends()) {
  for (const { name, made: plant, copying } of MODELS) {
    test(`${name}: what copies what followed scores 1, all else 0, on ${engine.device}`, async () => {
      const { induction, previousToken, duplicateToken, currentToken, logits, row } = await scores(
        plant,
        true,
        engine,
      );
      for (const [unit, score] of induction.entries())
        expect(Math.abs(score - Number(unit < copying))).toBeLessThan(0.02);
      for (const other of [previousToken, duplicateToken, currentToken])
        for (const score of other) expect(score).toBeLessThan(0.02);
      for (let query = 1 + PERIOD; query < LENGTH - 1; query++) {
        const logitsHere = logits.data.slice(query * (TOKENS + 1), (query + 1) * (TOKENS + 1));
        expect(logitsHere.indexOf(Math.max(...logitsHere))).toBe(row[query + 1]);
      }
    });

    test(`${name}: without the shift of the convolution nothing does, on ${engine.device}`, async () => {
      const { induction, duplicateToken, currentToken } = await scores(plant, false, engine);
      for (const score of induction) expect(score).toBeLessThan(0.02);
      for (let unit = 0; unit < copying; unit++) {
        expect(duplicateToken[unit]).toBeCloseTo(0.5, 2);
        expect(currentToken[unit]).toBeCloseTo(0.5, 2);
      }
    });
  }
}
