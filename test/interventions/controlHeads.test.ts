import { describe, expect, test } from "vitest";
import { random } from "../../src/base/random.ts";
import { controlHeads, controlsByLayer } from "../../src/interventions/controlHeads.ts";
import { allHeads } from "../../src/interventions/headNames.ts";

const all = allHeads({ layers: 3, heads: 4 });
const chosenHeads = [
  { layer: 1, head: 0 },
  { layer: 1, head: 2 },
];

describe("controlHeads(pool, count, options)", () => {
  test("draws other heads of the same layers, each once, and the same ones from the same seed", () => {
    const drawHeads = (seed: number, count: number) =>
      controlHeads(all, count, { not: chosenHeads, layersOf: chosenHeads, draw: random(seed, 1) });
    expect(
      drawHeads(0, 9)
        .map(({ head }) => head)
        .sort(),
    ).toEqual([1, 3]);
    expect(drawHeads(0, 9).every(({ layer }) => layer === 1)).toBe(true);
    expect(drawHeads(3, 1)).toEqual(drawHeads(3, 1));
    const firsts = new Set(Array.from({ length: 20 }, (_, seed) => drawHeads(seed, 1)[0]!.head));
    expect([...firsts].sort()).toEqual([1, 3]);
  });

  test("draws from all layers where none are named, and never more than there are", () => {
    const heads = controlHeads(all, 100, { not: chosenHeads, draw: random(0) });
    expect(heads).toHaveLength(all.length - chosenHeads.length);
    expect(heads).not.toContainEqual(chosenHeads[0]);
  });
});

describe("controlsByLayer(pool, heads, options)", () => {
  const inLayer = (layer: number) => all.filter((head) => head.layer === layer);

  test("gives each head another one of its layer, all different", () => {
    const half = inLayer(1).slice(0, 2);
    const heads = controlsByLayer(all, half, { not: half, draw: random(0) });
    expect(heads.map(({ layer, head }) => `${layer}.${head}`).sort()).toEqual(["1.2", "1.3"]);
  });

  test("ends where a layer has no more, and takes none of another layer", () => {
    const many = inLayer(1).slice(0, 3);
    const heads = controlsByLayer(all, many, { not: many, draw: random(0) });
    expect(heads).toEqual([{ layer: 1, head: 3 }]);
  });
});
