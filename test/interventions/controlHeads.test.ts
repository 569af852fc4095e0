import { describe, expect, test } from "vitest";
import { random } from "../../src/base/random.ts";
import { controlHeads, controlsByLayer } from "../../src/interventions/controlHeads.ts";
import { allHeads } from "../../src/interventions/headNames.ts";

const all = allHeads({
  family: "",
  ...{ layers: 3, heads: 4, kvHeads: 4, contextLength: 8, vocabulary: 9 },
  ...{ bosToken: null, specialTokens: [] },
});
const asked = [
  { layer: 1, head: 0 },
  { layer: 1, head: 2 },
];

describe("controlHeads(pool, count, options)", () => {
  test("draws other heads of the same layers, each once, and the same ones from the same seed", () => {
    const drawn = (seed: number, count: number) =>
      controlHeads(all, count, { not: asked, layersOf: asked, draw: random(seed, 1) });
    expect(
      drawn(0, 9)
        .map(({ head }) => head)
        .sort(),
    ).toEqual([1, 3]);
    expect(drawn(0, 9).every(({ layer }) => layer === 1)).toBe(true);
    expect(drawn(3, 1)).toEqual(drawn(3, 1));
    const firsts = new Set(Array.from({ length: 20 }, (_, seed) => drawn(seed, 1)[0]!.head));
    expect([...firsts].sort()).toEqual([1, 3]);
  });

  test("draws from all layers where none are named, and never more than there are", () => {
    const drawn = controlHeads(all, 100, { not: asked, draw: random(0) });
    expect(drawn).toHaveLength(all.length - asked.length);
    expect(drawn).not.toContainEqual(asked[0]);
  });
});

describe("controlsByLayer(pool, heads, options)", () => {
  test("gives each head another one of its layer, and of any layer once that has no more", () => {
    const many = all.filter(({ layer }) => layer === 1).slice(0, 3);
    const drawn = controlsByLayer(all, many, { not: many, draw: random(0) });
    expect(drawn[0]).toEqual({ layer: 1, head: 3 });
    expect(drawn.slice(1).every(({ layer }) => layer !== 1)).toBe(true);
    expect(new Set(drawn.map(({ layer, head }) => `${layer}.${head}`)).size).toBe(3);
  });

  test("gives as many as there are", () => {
    expect(controlsByLayer(asked, all, { draw: random(0) })).toHaveLength(2);
  });
});
