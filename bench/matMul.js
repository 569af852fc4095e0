/** @file The rate of matrix multiplication alone in this process: what every other speed is measured against. */
import { bytesInMemory } from "../dist/base/bytes.js";
import { random } from "../dist/base/random.js";
import { tensor } from "../dist/base/tensor.js";
import { builder } from "../dist/graph/builder.js";
import { prepare } from "../dist/runtime/prepare.js";

const USUAL = { rows: 320, width: 768, inner: 3072, pairs: 6 };
const operationsOf = ({ rows, width, inner, pairs }) => pairs * 2 * (2 * rows * width * inner);
export const MATMUL_OPERATIONS = operationsOf(USUAL);

/**
 * A session that multiplies [320, 768] by six pairs of repacked matrices, [768, 3072] and [3072, 768], one after the other
 * and nothing else; only the last product leaves it, so that copying results does not count. `seconds(times)` runs it.
 *
 * @param shape another one where it is asked for
 */
export async function matMul(backend, shape = USUAL) {
  const { rows, width, inner, pairs } = shape;
  const draw = random(2);
  const values = (count) => Float32Array.from({ length: count }, () => (draw.uniform() - 0.5) / 8);
  const b = builder();
  let x = b.input("x", "float32", { position: rows, d_model: width });
  for (let pair = 0; pair < pairs; pair++) {
    const weight = (name, axes) => {
      const source = bytesInMemory(`${name}.${pair}`, new Uint8Array(values(width * inner).buffer));
      const stored = {
        type: /** @type {const} */ ("F32"),
        shape: Object.values(axes),
        source,
        offset: 0,
        sizeBytes: source.sizeBytes,
      };
      return b.weight({ name: `${name}.${pair}`, axes, stored });
    };
    const between = b.contract(x, weight("W_in", { d_model: width, d_mlp: inner }), [
      "position",
      "d_mlp",
    ]);
    x = b.contract(between, weight("W_out", { d_mlp: inner, d_model: width }), [
      "position",
      "d_model",
    ]);
  }
  const session = await prepare(b.program([x]), backend);
  const feeds = new Map([
    ["x", tensor(["position", "d_model"], [rows, width], values(rows * width))],
  ]);
  const seconds = async (times) => {
    const started = performance.now();
    for (let run = 0; run < times; run++) await session.run(feeds);
    return (performance.now() - started) / 1000;
  };
  return { seconds, operations: operationsOf(shape), close: () => session.close() };
}
