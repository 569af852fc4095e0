import { describe, expect, test } from "vitest";
import type { Weights } from "../../../src/base/bytes.ts";
import { random } from "../../../src/base/random.ts";
import { tensor } from "../../../src/base/tensor.ts";
import { capture } from "../../../src/graph/edits/capture.ts";
import { modelFrom } from "../../../src/models/families.ts";
import { plantedCheckpoint, stored } from "../../../src/models/planted/circuit.ts";
import { disguise } from "../../../src/models/planted/population/disguise.ts";
import { orthogonal } from "../../../src/models/planted/population/orthogonal.ts";
import {
  plantedModel,
  type TrueHead,
  type PlantedModel,
} from "../../../src/models/planted/population/plantedModel.ts";
import { prepare } from "../../../src/runtime/prepare.ts";
import { oneEngine } from "../../studies/causal/engine.ts";

const engine = await oneEngine();
const PERIOD = 30;
const LENGTH = 1 + 2 * PERIOD;
const ROWS = 4;

/** BOS r r, drawn here so that the construction is not tested by the studies' own input. */
function repeatedRows(): number[][] {
  const draw = random(5);
  return Array.from({ length: ROWS }, () => {
    const block = draw.distinct(PERIOD, 127).map((token) => token + 1);
    return [0, ...block, ...block];
  });
}

async function run({ config, weights }: Pick<PlantedModel, "config" | "weights">) {
  const model = modelFrom(config, { weights, unsupported: new Map() });
  const patterns = [0, 1].map((layer) => `blocks.${layer}.attn.hook_pattern`);
  const session = await prepare(capture(model.program, ["logits", ...patterns]), engine);
  const rows = repeatedRows();
  const tokens = tensor(["batch", "position"], [ROWS, LENGTH], Int32Array.from(rows.flat()));
  const trace = await session.run(new Map([["tokens", tokens]]));
  await session.dispose();
  return { rows, logits: trace.get("logits")!, patterns: patterns.map((name) => trace.get(name)!) };
}
type Ran = Awaited<ReturnType<typeof run>>;

/** Mean attention of a head from the second copy to position `keyOf(query)`. */
function attention({ patterns }: Ran, { layer, head }: TrueHead, keyOf: (query: number) => number) {
  const { shape, data } = patterns[layer]!;
  let sum = 0;
  for (let row = 0; row < ROWS; row++)
    for (let query = 1 + PERIOD; query < LENGTH; query++)
      sum += data[((row * shape[1]! + head) * LENGTH + query) * LENGTH + keyOf(query)]!;
  return sum / (ROWS * PERIOD);
}

/** Mean log-probability of the repeated token, in nats. */
function copied({ rows, logits }: Ran): number {
  const size = logits.shape[2]!;
  let sum = 0;
  for (let row = 0; row < ROWS; row++)
    for (let query = 1 + PERIOD; query < LENGTH - 1; query++) {
      const at = (row * LENGTH + query) * size;
      const values = logits.data.subarray(at, at + size) as Float32Array;
      const top = Math.max(...values);
      const total = values.reduce((all, value) => all + Math.exp(value - top), 0);
      sum += values[rows[row]![query + 1]!]! - top - Math.log(total);
    }
  return sum / (ROWS * (PERIOD - 1));
}

/** The model without what these heads write. */
async function without(model: PlantedModel, heads: readonly TrueHead[]): Promise<PlantedModel> {
  const parts = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, { source, offset, sizeBytes, shape }] of model.weights) {
    const data = new Float32Array((await source.read(offset, sizeBytes)).slice().buffer);
    const size = data.length / shape[0]!;
    for (const { layer, head } of heads)
      if (name === `blocks.${layer}.attn.W_O`) data.fill(0, head * size, (head + 1) * size);
    parts.set(name, { shape, data });
  }
  return { ...model, weights: stored(parts) };
}

const LOOKS_AT: Partial<Record<TrueHead["kind"], (query: number) => number>> = {
  feeder: (query) => query - 1,
  previous: (query) => query - 1,
  duplicate: (query) => query - PERIOD,
  duplicateThatCopies: (query) => query - PERIOD,
  current: (query) => query,
  first: () => 0,
  positional: (query) => query - 23,
  induction: (query) => query - PERIOD + 1,
  partial: (query) => query - PERIOD + 1,
  antiInduction: (query) => query - PERIOD + 1,
  attendsOnly: (query) => query - PERIOD + 1,
  offUnembedding: (query) => query - PERIOD + 1,
};
const models = await Promise.all(Array.from({ length: 12 }, (_, seed) => plantedModel(100 + seed)));

describe("plantedModel(seed)", () => {
  test("looks where its truth says, head by head", async () => {
    const seen = new Set<string>();
    for (const [index, model] of models.entries()) {
      const ran = await run(model);
      for (const head of model.truth) {
        const keyOf = LOOKS_AT[head.kind];
        if (keyOf)
          expect
            .soft(attention(ran, head, keyOf), `${index} ${head.kind}`)
            .toBeGreaterThan(head.kind === "partial" ? 0.2 : 0.5);
        else
          for (const other of Object.values(LOOKS_AT))
            expect.soft(attention(ran, head, other), `${index} ${head.kind}`).toBeLessThan(0.1);
        if (head.kind === "partial")
          expect.soft(attention(ran, head, keyOf!), `${index} partial`).toBeLessThan(0.5);
        seen.add(head.kind);
      }
    }
    expect([...seen].sort()).toEqual([...Object.keys(LOOKS_AT), "noise"].sort());
  });

  test("loses its copying with its induction heads, gains by losing the opposed, and not by the idle", async () => {
    for (const [index, model] of models.entries()) {
      const whole = copied(await run(model));
      const change = async (kinds: readonly string[]) => {
        const heads = model.truth.filter(({ kind }) => kinds.includes(kind));
        return heads.length > 0 ? copied(await run(await without(model, heads))) - whole : null;
      };
      const induction = await change(["induction", "partial"]);
      expect(induction === null, `${index}`).toBe(model.circuit === "cut");
      if (induction !== null) expect.soft(induction, `${index} induction`).toBeLessThan(-0.5);
      const opposed = await change(["antiInduction"]);
      if (opposed !== null) expect.soft(opposed, `${index} opposed`).toBeGreaterThan(0.5);
      const idle = await change(["attendsOnly", "offUnembedding"]);
      if (idle !== null) expect.soft(Math.abs(idle), `${index} idle`).toBeLessThan(0.05);
    }
  });

  test("is the same model for the same seed, and another for another", async () => {
    const bytes = async ({ weights }: PlantedModel) => {
      const { source, offset, sizeBytes } = weights.get("unembed.W_U")!;
      return [...(await source.read(offset, sizeBytes))];
    };
    expect(await bytes(await plantedModel(100))).toEqual(await bytes(models[0]!));
    expect(await bytes(await plantedModel(101))).not.toEqual(await bytes(models[0]!));
  });
});

describe("disguise", () => {
  test("turns the basis and leaves the logits", async () => {
    const sizes = { vocabulary: 128, contextLength: 64, width: 16, heads: 2, layers: 2, seed: 3 };
    const { config, weights } = plantedCheckpoint(sizes, []);
    const turned = await disguise(weights, { rotate: true, noise: 0 }, random(4));
    const [before, after] = [
      await run({ config, weights }),
      await run({ config, weights: turned }),
    ];
    const apart = before.logits.data.map((value, at) => Math.abs(value - after.logits.data[at]!));
    expect(Math.max(...(apart as Float32Array))).toBeLessThan(1e-5);
    const first = async (of: Weights) =>
      of.get("embed.W_E")!.source.read(of.get("embed.W_E")!.offset + 4 * 65, 64);
    expect(await first(turned)).not.toEqual(await first(weights));
  });

  test("has a basis of unit vectors at right angles", () => {
    const basis = orthogonal(random(1), 20);
    for (const [a, row] of basis.entries())
      for (const [b, other] of basis.entries()) {
        const product = row.reduce((sum, value, entry) => sum + value * other[entry]!, 0);
        expect(product).toBeCloseTo(a === b ? 1 : 0, 12);
      }
  });
});
