import { InputError } from "../base/errors.ts";
import { random } from "../base/random.ts";
import { sizeOf, tensor, type Tensor } from "../base/tensor.ts";

/** Numbers that are drawn at once: 2 GB. */
const MOST_NUMBERS = 2 ** 29;

/**
 * Normal noise for a model that sees or hears, each row from its own stream of random numbers.
 *
 * @param axes the first is that of rows
 * @throws {InputError} "range" for more numbers than fit into memory
 */
export function noise(axes: readonly string[], shape: readonly number[], seed: number): Tensor {
  const [rows = 0, ...inner] = shape;
  const size = sizeOf(inner);
  if (rows * size > MOST_NUMBERS)
    throw new InputError(
      "range",
      `at most ${MOST_NUMBERS} numbers of noise are drawn at once, got ${rows} rows (\`numExamples\`) of ${size}`,
      { option: "numExamples" },
    );
  const data = new Float32Array(rows * size);
  for (let row = 0; row < rows; row++) {
    const draw = random(seed, row);
    for (let at = 0; at < size; at++) data[row * size + at] = draw.normal();
  }
  return tensor(axes, shape, data);
}
