import { describe, expect, test } from "vitest";
import { tensor, type Tensor } from "../../src/base/tensor.ts";
import { openFolder } from "../../src/models/folder.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { metricTail, metricValue, type TailName } from "../../src/interventions/metrics.ts";
import { shared, unlessShared } from "../shared.ts";
import { oneEngine } from "./engine.ts";
import { furthest } from "./goldens.ts";

const engine = await oneEngine();
const FEW: readonly TailName[] = ["centred-logit", "logit-difference"];
const SIZES = [2, 5] as const;

describe("metrics of few logits", () => {
  for (const name of ["gpt2", "llama", "neox", "tl-full", "cohere", "granite"]) {
    const { skip, note } = unlessShared("goldens", name, "config.json");
    test.skipIf(skip)(`equal those read off all logits on ${name}${note}`, async () => {
      const model = await openFolder(shared("goldens", name)!, name);
      const { program, architecture, close } = model;
      const { vocabulary, layers } = architecture;
      const end = program.ops.find(
        ({ output }) => output === `blocks.${layers - 1}.hook_resid_post`,
      )!;
      const width = Number(
        program.weights.find((weight) => weight.name === "embed.W_E")!.axes.at(-1)!.size,
      );
      const ids = (from: number) =>
        Int32Array.from({ length: SIZES[0] * SIZES[1] }, (_, at) => (7 * at + from) % vocabulary);
      const stream = Float32Array.from({ length: SIZES[0] * SIZES[1] * width }, (_, at) =>
        Math.sin(1 + at * at),
      );
      const run = async (metrics: readonly TailName[]) => {
        const tail = metricTail(model, { metrics, from: [end.output] });
        const session = await prepare(tail, engine);
        const trace = await session.run(
          new Map<string, Tensor | Tensor<Int32Array>>([
            [end.output, tensor(["batch", "position", "d_model"], [...SIZES, width], stream)],
            ["targets", tensor(["batch", "position"], SIZES, ids(3))],
            ["others", tensor(["batch", "position"], SIZES, ids(11))],
            ["metric_positions", tensor(["position"], [3], Int32Array.of(0, 2, 4))],
          ]),
        );
        await session.close();
        return { tail, values: FEW.map((metric) => [...trace.get(metricValue(metric))!.data]) };
      };
      const [small, all] = [await run(FEW), await run([...FEW, "log-probability"])];
      expect(furthest(small.values, all.values)).toBeLessThan(1e-4);
      const makesLogits = small.tail.ops.some(({ output }) => output === "logits");
      expect(makesLogits).toBe(name === "tl-full"); // whose unembedding has no rows for tokens
      await close();
    });
  }
});
