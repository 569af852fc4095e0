import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { openFolder } from "../../../src/models/folder.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import { circuitResult, type HeadCircuit } from "../../../src/studies/circuit/result.ts";
import { circuit } from "../../../src/studies/circuit/circuit.ts";
import { shared, unlessShared } from "../../shared.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { furthest, golden, GOLDENS, TOLERANCE } from "../../interventions/goldens.ts";

const engine = await oneEngine();

/** Weights of a TransformerLens checkpoint, which has them by their names. */
async function rawMatrices({ program }: LoadedModel) {
  const read = async (name: string) => {
    const { stored, axes } = program.weights.find((weight) => weight.name === name)!;
    const bytes = await stored.source.read(stored.offset, stored.sizeBytes);
    const data = new Float32Array(bytes.slice().buffer);
    return { data, shape: axes.map(({ size }) => Number(size)) };
  };
  const [E, U] = [await read("embed.W_E"), await read("unembed.W_U")];
  const stacks = new Map<string, Awaited<ReturnType<typeof read>>>();
  for (const { name } of program.weights)
    if (/attn.W_[QKVO]$/.test(name)) stacks.set(name, await read(name));
  const matrix = ({ data, shape }: typeof E) => Matrix.from1DArray(shape[0]!, shape[1]!, data);
  const layers = (layer: number, head: number) => {
    const of = (which: string) => {
      const { data, shape } = stacks.get(`blocks.${layer}.attn.W_${which}`)!;
      const area = shape[1]! * shape[2]!;
      return matrix({ data: data.subarray(head * area, (head + 1) * area), shape: shape.slice(1) });
    };
    return {
      W_E: matrix(E),
      W_U: matrix(U),
      W_Q: of("Q"),
      W_K: of("K"),
      W_V: of("V"),
      W_O: of("O"),
    };
  };
  return { layers };
}

describe("circuit", () => {
  for (const name of GOLDENS) {
    const { skip, note, analysis, model } = golden(name);
    test.skipIf(skip)(
      `equals TransformerLens on ${name}: composition and eigenvalues${note}`,
      async () => {
        const expected = analysis();
        const loaded = await model();
        const result = await circuit(loaded, { backend: engine });
        await loaded.close();
        expect(circuitResult.safeParse(result).error).toBeUndefined();
        for (const [route, key] of [
          ["q", "Q"],
          ["k", "K"],
          ["v", "V"],
        ] as const)
          expect(
            furthest(result.composition[route], expected[`composition_${key}`]),
            route,
          ).toBeLessThan(TOLERANCE);
        expect(furthest(result.copying.ov, expected["ov_eigenvalue_share"])).toBeLessThan(
          TOLERANCE,
        );
        expect(furthest(result.copying.full, expected["full_ov_eigenvalue_share"])).toBeLessThan(
          TOLERANCE,
        );
      },
    );
  }

  test("the planted previous-token head composes with the induction head's keys, which copies", async () => {
    const result = await circuit(await openPlanted("induction"), { backend: engine });
    const strongest = result.top.find(({ route }) => route === "k")!;
    expect(strongest).toMatchObject({ earlier: "0.3", later: "1.2" });
    expect(strongest.score).toBeCloseTo(1 / Math.sqrt(64), 3); // what two equal blocks of width 64 score
    expect(result.copying.full[1]![2]!).toBeGreaterThan(0.99);
    expect(result.matching.raw[0]![1]!).toBeGreaterThan(0.9);
    expect(result.copying.effective).toBeNull();
  });

  const full = golden("tl-full");
  test.skipIf(full.skip)(
    `full circuits and singular values are those of the whole matrices, by brute force${full.note}`,
    async () => {
      const model = await full.model();
      const [layer, head] = [1, 2];
      const { heads, copying } = await circuit(model, {
        backend: engine,
        heads: [`${layer}.${head}`],
      });
      const [circuitOfHead] = heads as [HeadCircuit];
      const { layers } = await rawMatrices(model);
      const { W_E, W_U, W_V, W_O, W_Q, W_K } = layers(layer, head);
      const shares = (scores: Matrix) => {
        const rows = scores.to2DArray();
        const before = rows.map(
          (row, t) => row.filter((other, s) => s !== t && other >= row[t]!).length,
        );
        return [1, 5].map((most) => before.filter((count) => count < most).length / rows.length);
      };
      const valuesOf = ({ top1, top5 }: HeadCircuit["raw"]["ov"]) => [top1.value, top5.value];
      expect(valuesOf(circuitOfHead.raw.ov)).toEqual(shares(W_E.mmul(W_V).mmul(W_O).mmul(W_U)));
      expect(valuesOf(circuitOfHead.raw.qk)).toEqual(
        shares(W_E.mmul(W_Q).mmul(W_K.transpose()).mmul(W_E.transpose())),
      );
      expect(circuitOfHead.raw.ov.top1.interval).toBeNull();
      const svd = (matrix: Matrix) =>
        new SingularValueDecomposition(matrix, { autoTranspose: true }).diagonal.slice(
          0,
          W_V.columns,
        );
      expect(furthest(circuitOfHead.ov.singularValues, svd(W_V.mmul(W_O)))).toBeLessThan(TOLERANCE);
      expect(
        furthest(circuitOfHead.qk.singularValues, svd(W_Q.mmul(W_K.transpose()))),
      ).toBeLessThan(TOLERANCE);
      expect(copying.effective).not.toBeNull();
      expect(circuitOfHead.effective!.ov.tokens).toBe(model.architecture.vocabulary);
      await model.close();
    },
  );

  test("the planted induction head copies every token but BOS, a sample says so with an interval", async () => {
    const model = await openPlanted("induction");
    const [all] = (await circuit(model, { backend: engine, heads: ["1.2"] })).heads as [
      HeadCircuit,
    ];
    expect(all.raw.ov.top1.value).toBe(255 / 256); // BOS has no embedding, and ties count against it
    const [sampled] = (
      await circuit(model, { backend: engine, heads: ["1.2"], circuitTokens: 100 })
    ).heads;
    expect(sampled!.raw.ov.tokens).toBe(100);
    expect(sampled!.raw.ov.top1.interval![1]).toBeGreaterThanOrEqual(255 / 256);
    await expect(circuit(model, { backend: engine, heads: ["1.7"] })).rejects.toThrow(
      /nearest: 1.3/,
    );
  });

  const { skip, note } = unlessShared("goldens", "llama", "config.json");
  test.skipIf(skip)(
    `each query head has its group's keys and values, and an effective embedding${note}`,
    async () => {
      const model = await openFolder(shared("goldens", "llama")!, "llama");
      const result = await circuit(model, { backend: engine });
      await model.close();
      expect(circuitResult.safeParse(result).error).toBeUndefined();
      expect(result.copying.effective!.flat().every((share) => Math.abs(share!) <= 1)).toBe(true);
      expect(result.composition.v.length).toBe(
        model.architecture.layers * model.architecture.heads,
      );
    },
  );
});
