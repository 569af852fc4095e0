/** @file Hidden attention: what a state-space layer computes is its pattern times its values, on every golden and engine. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tensor, type Tensor } from "../../src/base/tensor.ts";
import { random } from "../../src/base/random.ts";
import { slice } from "../../src/graph/edits/slice.ts";
import { anatomy } from "../../src/models/anatomy/anatomy.ts";
import { openFolder } from "../../src/models/folder.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { backends } from "../runtime/backends.ts";
import { shared, unlessShared } from "../shared.ts";
import { decoderFolders } from "./golden.ts";

const engines = await backends();
const { note } = unlessShared("goldens");
const folders = [
  ...decoderFolders(shared("goldens")),
  ...decoderFolders(join(import.meta.dirname, "../fixtures/families")),
  ...decoderFolders(process.env["INDUCTION_LENS_MORE_GOLDENS"] ?? null),
].filter((path) => /amba/.test(path.split("/").slice(-2).join("/")));

const LENGTH = 24;

describe(`pattern times values is the output of the scan, within 1e-5${note}`, () => {
  for (const path of folders) {
    for (const engine of engines) {
      test(`${path.split("/").slice(-2).join("/")} on ${engine.device}`, async () => {
        const { layers, values } = await valuesOf(path, engine);
        expect(layers.length).toBeGreaterThan(0);
        for (const layer of layers) {
          const at = (hook: string) => values.get(`blocks.${layer}.${hook}`)!;
          expectIdentity(at("ssm.hook_pattern"), at("attn.hook_v"), at("attn.hook_z"));
          expectShares(at("ssm.hook_pattern"), at("attn.hook_pattern"));
        }
      });
    }
  }
});

async function valuesOf(path: string, engine: (typeof engines)[number]) {
  const model = await openFolder(path, "golden");
  const { layers: count, vocabulary } = model.architecture;
  const scans = anatomy(model.program, model.architecture).layers;
  const layers = Array.from({ length: count }, (_, layer) => layer).filter(
    (layer) => scans[layer]!.attention.scan,
  );
  const hooks = ["ssm.hook_pattern", "attn.hook_pattern", "attn.hook_v", "attn.hook_z"];
  const outputs = layers.flatMap((layer) => hooks.map((hook) => `blocks.${layer}.${hook}`));
  const session = await prepare(slice(model.program, { outputs }), engine);
  const draw = random(1);
  const tokens = Int32Array.from({ length: 2 * LENGTH }, () => draw.integer(0, vocabulary - 1));
  const rows = tensor(["batch", "position"], [2, LENGTH], tokens);
  const values = await session.run(new Map([["tokens", rows]]));
  await session.close();
  await model.close();
  return { layers, values };
}

/** z[q, head, entry] = sum over k <= q of pattern[head, q, k] v[k, head, entry], relative to the largest z. */
function expectIdentity(pattern: Tensor, v: Tensor, z: Tensor): void {
  const [batch, length, heads, width] = z.shape as [number, number, number, number];
  expect([...pattern.shape]).toEqual([batch, heads, length, length]);
  const largest = z.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  for (let index = 0; index < z.data.length; index++) {
    const entry = index % width;
    const head = Math.floor(index / width) % heads;
    const query = Math.floor(index / width / heads) % length;
    const row = Math.floor(index / width / heads / length);
    let sum = 0;
    for (let key = 0; key < length; key++) {
      const weight = pattern.data[((row * heads + head) * length + query) * length + key]!;
      if (key > query && weight !== 0) expect.fail(`a weight ${weight} beyond the query`);
      sum += weight * v.data[((row * length + key) * heads + head) * width + entry]!;
    }
    if (!(Math.abs(sum - z.data[index]!) <= 1e-5 * largest))
      expect.fail(`z[${index}] is ${z.data[index]}, pattern times values ${sum}`);
  }
}

/** share[q, k] = |pattern[q, k]| / sum over k of |pattern[q, k]|. */
function expectShares(pattern: Tensor, shares: Tensor): void {
  const length = pattern.shape.at(-1)!;
  expect(shares.axes).toEqual(["batch", "head", "query", "key"]);
  for (let row = 0; row < pattern.data.length; row += length) {
    const weights = pattern.data.slice(row, row + length).map(Math.abs);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    weights.forEach((weight, key) => {
      const error = Math.abs(shares.data[row + key]! - (total > 0 ? weight / total : 0));
      if (!(error < 1e-5)) expect.fail(`share ${row + key} is off by ${error}`);
    });
  }
}
