/** @file The rate of matrix multiplication alone in this process: what every other speed is measured against. */
import { bytesInMemory } from "../dist/base/bytes.js";
import { random } from "../dist/base/random.js";
import { tensor } from "../dist/base/tensor.js";
import { builder } from "../dist/graph/builder.js";
import { prepare } from "../dist/runtime/prepare.js";

const [ROWS, INNER, OUTER] = [320, 768, 3072];
export const MATMUL_OPERATIONS = 2 * ROWS * INNER * OUTER;

/** A session that multiplies [320, 768] by a repacked [768, 3072]; `seconds(times)` runs it. */
export async function matMul(backend) {
  const draw = random(2);
  const values = (count) => Float32Array.from({ length: count }, () => draw.uniform() - 0.5);
  const source = bytesInMemory("weights", new Uint8Array(values(INNER * OUTER).buffer));
  const b = builder();
  const x = b.input("x", "float32", { position: ROWS, d_model: INNER });
  const stored = {
    type: "F32",
    shape: [INNER, OUTER],
    source,
    offset: 0,
    sizeBytes: source.sizeBytes,
  };
  const w = b.weight({ name: "W", axes: { d_model: INNER, d_mlp: OUTER }, stored });
  const session = await prepare(b.program([b.contract(x, w, ["position", "d_mlp"])]), backend);
  const feeds = new Map([
    ["x", tensor(["position", "d_model"], [ROWS, INNER], values(ROWS * INNER))],
  ]);
  const seconds = async (times) => {
    const started = performance.now();
    for (let run = 0; run < times; run++) await session.run(feeds);
    return (performance.now() - started) / 1000;
  };
  return { seconds, dispose: () => session.dispose() };
}
