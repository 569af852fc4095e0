import { expect, test } from "vitest";
import { random } from "../../src/base/random.ts";
import { tensor } from "../../src/base/tensor.ts";
import { plantedModel } from "../../src/bench/population/plantedModel.ts";
import { headMatrices } from "../../src/interventions/headMatrices.ts";
import { openOutputLengths } from "../../src/interventions/outputLengths.ts";
import { sizedMean } from "../../src/interventions/sizedMean.ts";
import { loadedPlanted } from "../studies/verdict/loadedPlanted.ts";
import { oneEngine } from "./engine.ts";

const engine = await oneEngine();
const POSITIONS = 3;
const ROWS = 2;

/** Seeds of an architecture with layer norm, which takes the mean off, and of one with RMS norm, which does not. */
test.each([
  [1, true],
  [3, false],
])("a sized mean is as long as the output where norms see it: seed %i", async (seed, centred) => {
  const model = loadedPlanted(plantedModel(seed), seed);
  const { output } = await headMatrices(model, engine, 0);
  const [heads, dModel, dHead] = output.shape as readonly [number, number, number];
  const draw = random(seed);
  const drawRows = (rows: number) => {
    const shape = [rows, POSITIONS, heads, dHead];
    const size = rows * POSITIONS * heads * dHead;
    return tensor(
      ["batch", "position", "head", "d_head"],
      shape,
      Float32Array.from({ length: size }, () => draw.normal()),
    );
  };
  const [z, mean] = [drawRows(ROWS), drawRows(1)];
  const lengths = openOutputLengths(model, engine, POSITIONS);
  const replacement = await sizedMean(lengths, 0, z, mean);
  const measuredLengths = [await lengths.of(0, z), await lengths.of(0, replacement)];
  await lengths.close();
  z.data.forEach((_, at) => {
    if (at % dHead !== 0) return;
    const place = at / dHead;
    const head = place % heads;
    const outputRow = Array.from({ length: dModel }, (_row, entry) => {
      let sum = 0;
      for (let index = 0; index < dHead; index++)
        sum += output.data[(head * dModel + entry) * dHead + index]! * z.data[at + index]!;
      return sum;
    });
    const less = centred ? outputRow.reduce((sum, value) => sum + value, 0) / dModel : 0;
    const length = Math.hypot(...outputRow.map((value) => value - less));
    for (const { data } of measuredLengths) expect(data[place]! / length).toBeCloseTo(1, 3);
    expect(replacement.data[at]! / mean.data[at % mean.data.length]!).toBeGreaterThan(0);
  });
});
