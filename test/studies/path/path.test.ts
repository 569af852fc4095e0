import { describe, expect, test } from "vitest";
import { openModel } from "../../../src/models/open.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { pathResult } from "../../../src/studies/path/result.ts";
import { pathPatch } from "../../../src/studies/path/path.ts";
import { patch } from "../../../src/studies/patch/patch.ts";
import { shared, sharedJson, unlessShared } from "../../shared.ts";
import { oneEngine } from "../../interventions/engine.ts";

const engine = await oneEngine();

describe("pathPatch", () => {
  test("finds the previous-token head behind the planted induction head's keys, and nothing behind queries", async () => {
    const model = await openPlanted("induction");
    const into = (route: "q" | "k" | "v") =>
      pathPatch(model, { backend: engine, into: ["1.2"], route, design: "BC", numExamples: 10 });
    const keys = await into("k");
    expect(pathResult.safeParse(keys).error).toBeUndefined();
    expect(keys.paths[0]!.from).toEqual(["0.3"]);
    expect(keys.paths[0]!.drop).toBeGreaterThan(0.9);
    expect(Math.abs(keys.paths[1]!.drop)).toBeLessThan(0.05);
    for (const route of ["q", "v"] as const) {
      for (const path of (await into(route)).paths) expect(Math.abs(path.drop)).toBeLessThan(0.05);
    }
  });

  test("both forms agree in a model without MLPs and with one layer between nothing", async () => {
    const model = await openPlanted("induction");
    const of = (form: "direct" | "through-mlps") =>
      pathPatch(model, {
        backend: engine,
        into: ["1.2"],
        route: "k",
        form,
        metric: "centred-logit",
        design: "BC",
        numExamples: 4,
      });
    const [direct, through] = [await of("direct"), await of("through-mlps")];
    direct.paths.forEach(({ from, value }) => {
      const other = through.paths.find((path) => path.from[0] === from[0])!;
      expect(Math.abs(other.value - value)).toBeLessThan(1e-3);
    });
  });

  test("paths of the last layer into the logits are the noise patches of its heads, the norm recomputed", async () => {
    const model = await openPlanted("induction");
    const options = { design: "BB", metric: "log-probability", numExamples: 4 } as const;
    const paths = await pathPatch(model, { backend: engine, ...options, route: "logits" });
    const patched = await patch(model, { backend: engine, ...options, mode: "noise", raw: true });
    const values = patched.values as number[][];
    for (let head = 0; head < 4; head++) {
      const { value } = paths.paths.find(({ from }) => from[0] === `1.${head}`)!;
      expect(Math.abs(value - values[1]![head]!)).toBeLessThan(1e-4);
    }
  });

  test("refuses paths that lead nowhere", async () => {
    const model = await openPlanted("induction");
    await expect(pathPatch(model, { backend: engine, into: ["0.1"] })).rejects.toThrow(
      /earlier layers/,
    );
    await expect(pathPatch(model, { backend: engine, into: [] })).rejects.toThrow(
      /heads to lead into/,
    );
    await expect(
      pathPatch(model, { backend: engine, into: ["1.2"], from: [["1.1"]] }),
    ).rejects.toThrow("1.1");
  });

  const smol = unlessShared("goldens", "smollm2-135m", "circuit.json");
  const isWanted = process.env["CAUSAL_SMOLLM2"] !== undefined;
  /** The earlier heads that come first behind its keys. */
  const FIRST = {
    "18.6": ["16.0", "17.8"],
    "18.7": ["16.0", "17.8"],
    "17.3": ["16.0"],
    "17.4": ["16.0"],
  };
  describe.each(Object.entries(FIRST))("SmolLM2's %s", (receiver, first) => {
    const left = smol.skip || (receiver !== "18.6" && !isWanted);
    const note = smol.note || (left ? " (SKIPPED unless CAUSAL_SMOLLM2 is set)" : "");
    test.skipIf(left)(
      `has PyTorch's path effects on keys and queries, ${first.join(" and ")} first behind its keys${note}`,
      async () => {
        const { clean, corrupted, period, bos, paths } = sharedJson(
          "goldens",
          "smollm2-135m",
          "circuit.json",
        ) as {
          clean: number[][];
          corrupted: number[][];
          period: number;
          bos: boolean;
          paths: Record<
            string,
            { base: number; key: Record<string, number>; query: Record<string, number> }
          >;
        };
        const model = await openModel(
          shared("data", "smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf")!,
        );
        const own = { clean, corrupted, period, bos };
        const theirs = paths[receiver]!;
        for (const [route, drops] of [
          ["k", theirs.key],
          ["q", theirs.query],
        ] as const) {
          const result = await pathPatch(model, {
            backend: engine,
            rows: own,
            into: [receiver],
            route,
          });
          expect(Math.abs(result.metric.clean - theirs.base)).toBeLessThan(2e-3);
          expect(result.paths.map(({ from }) => from[0]).sort()).toEqual(Object.keys(drops).sort());
          for (const { from, drop } of result.paths)
            expect(Math.abs(drop - drops[from[0]!]!), `${route} ${from}`).toBeLessThan(2e-3);
          if (route === "k")
            expect(result.paths.slice(0, first.length).map(({ from }) => from[0])).toEqual(first);
        }
        await model.close();
      },
    );
  });
});
