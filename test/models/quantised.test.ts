/** @file Folders whose weights were quantised, against the formula of each format written out. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { TensorToWrite } from "../../src/formats/writeSafetensors.ts";
import { openModel } from "../../src/models/open.ts";
import { withHeader } from "../cli/checkpoint.ts";
import { emptyFolder } from "../cli/cli.ts";
import { CONFIG, MATRICES, numbers, plainTensors, weightsIn, writeFolder } from "./tinyLlama.ts";

/** Bits of every kind but NaN. */
const bytesOf = (shape: readonly number[], seed: number) =>
  Uint8Array.from(numbers(shape, seed), (value) => Math.floor((value + 0.5) * 256)).map((bits) =>
    (bits & 0x7f) === 0x7f ? 0x7e : bits,
  );

/** FP8 as its definition has it, by another way than the decoder's: sums of powers of two. */
function e4m3(bits: number): number {
  const [e, m] = [(bits >> 3) & 15, [4, 2, 1].map((bit) => Number((bits & bit) > 0))];
  const fraction = m[0]! / 2 + m[1]! / 4 + m[2]! / 8;
  return (bits > 127 ? -1 : 1) * (e === 0 ? 2 ** -6 * fraction : 2 ** (e - 7) * (1 + fraction));
}

type Decode = (bits: number, row: number, column: number) => number;

/** Writes the folder with packed matrices and the same one with float32, and compares their weights. */
async function expectDecoded(
  config: object,
  pack: (
    name: string,
    shape: readonly [number, number],
    seed: number,
  ) => { tensors: TensorToWrite[]; decode: Decode; bits: ArrayLike<number> },
  rename: (header: string) => string,
): Promise<void> {
  const folder = emptyFolder();
  const packed: TensorToWrite[] = [];
  const plain: TensorToWrite[] = [];
  Object.entries(MATRICES).forEach(([name, shape], seed) => {
    const { tensors, decode, bits } = pack(name, shape, seed);
    packed.push(...tensors);
    const data = Float32Array.from({ length: shape[0] * shape[1] }, (_, at) =>
      decode(bits[at]!, Math.floor(at / shape[1]), at % shape[1]),
    );
    plain.push({ name: `${name}.weight`, shape, data });
  });
  const packedFolder = writeFolder(join(folder, "packed"), [...plainTensors(), ...packed], {
    config: { ...CONFIG, ...config },
    bytes: (file) => withHeader(file, rename),
  });
  const other = writeFolder(join(folder, "plain"), [...plainTensors(), ...plain]);
  expect(await weightsIn(packedFolder)).toEqual(await weightsIn(other));
  const notices: string[] = [];
  await (await openModel(packedFolder, { notice: (text) => notices.push(text) })).close();
  expect(notices.join()).toMatch(/^the weights were stored as .*, and are measured as decoded$/);
}

const asF8 = (header: string) => header.replaceAll('"U8"', '"F8_E4M3"');

describe("weights in 8 or 4 bits are decoded", () => {
  test("FP8 with scales of blocks (weight_scale_inv), the last block cut", async () => {
    const block = [12, 10] as const;
    const quantization_config = { quant_method: "fp8", weight_block_size: block };
    await expectDecoded(
      { quantization_config },
      (name, shape, seed) => {
        const grid = [Math.ceil(shape[0] / block[0]), Math.ceil(shape[1] / block[1])] as const;
        const [data, scale] = [bytesOf(shape, seed), numbers(grid, 50 + seed)];
        const tensors = [
          { name: `${name}.weight`, shape, data },
          { name: `${name}.weight_scale_inv`, shape: grid, data: scale },
        ];
        const at = (row: number, column: number) =>
          Math.floor(row / block[0]) * grid[1] + Math.floor(column / block[1]);
        return {
          tensors,
          bits: data,
          decode: (bits, row, column) => e4m3(bits) * scale[at(row, column)]!,
        };
      },
      asF8,
    );
  });

  test.each([
    ["tensor", 1],
    ["row", 0],
  ])("FP8 with a scale per %s (weight_scale of compressed-tensors)", async (_, isPerTensor) => {
    const quantization_config = { quant_method: "compressed-tensors", format: "float-quantized" };
    await expectDecoded(
      { quantization_config },
      (name, shape, seed) => {
        const [data, scale] = [bytesOf(shape, seed), numbers([isPerTensor || shape[0]], 50 + seed)];
        const tensors = [
          { name: `${name}.weight`, shape, data },
          { name: `${name}.weight_scale`, shape: isPerTensor ? [1] : [shape[0], 1], data: scale },
          { name: `${name}.input_scale`, shape: [1], data: Float32Array.of(1) },
          ...(/k_proj/.test(name)
            ? ["k_scale", "v_scale"].map((each) => ({
                ...{ name: name.replace("k_proj", each), shape: [1], data: Float32Array.of(1) },
              }))
            : []),
        ];
        return {
          tensors,
          bits: data,
          decode: (bits, row) => e4m3(bits) * scale[isPerTensor ? 0 : row]!,
        };
      },
      asF8,
    );
  });

  test.each([4, 8])("MLX's groups of %i bits, lowest bits first", async (bits) => {
    const [groupSize, perWord] = [8, 32 / bits];
    await expectDecoded(
      { quantization: { group_size: groupSize, bits } },
      (name, shape, seed) => {
        const values = [...numbers(shape, seed)].map((value) =>
          Math.floor((value + 0.5) * 2 ** bits),
        );
        const words = Int32Array.from({ length: values.length / perWord }, (_, word) =>
          values
            .slice(word * perWord, (word + 1) * perWord)
            .reduce((sum, value, index) => sum | (value << (bits * index)), 0),
        );
        const groups = [shape[0], shape[1] / groupSize] as const;
        const [scale, bias] = [numbers(groups, 50 + seed), numbers(groups, 90 + seed)];
        const tensors = [
          { name: `${name}.weight`, shape: [shape[0], shape[1] / perWord], data: words },
          { name: `${name}.scales`, shape: groups, data: scale },
          { name: `${name}.biases`, shape: groups, data: bias },
        ];
        const decode: Decode = (value, row, column) => {
          const group = row * groups[1] + Math.floor(column / groupSize);
          return Math.fround(scale[group]! * value + bias[group]!);
        };
        return { tensors, bits: values, decode };
      },
      (header) => header.replaceAll('"I32"', '"U32"'),
    );
  });
});

describe("what is not decoded is refused with what it is, and the two ways on", () => {
  const packedAs = (part: string, config: object, files: Record<string, string> = {}) => {
    const tensors = Object.keys(MATRICES).map((name) => ({
      name: `${name}.${part}`,
      shape: [2, 2],
      data: new Int32Array(4),
    }));
    return writeFolder(emptyFolder(), [...plainTensors(), ...tensors], {
      config: { ...CONFIG, ...config },
      files,
    });
  };
  const README = "---\nlicense: mit\nbase_model:\n  - org/base\n---\ntext";
  test.each([
    [
      "GPTQ",
      () =>
        packedAs(
          "qweight",
          { quantization_config: { quant_method: "gptq", bits: 4 } },
          { "README.md": README },
        ),
      "quantised by GPTQ (4 bits), such as model.layers.0.",
      "the model that it was made from, org/base, or a GGUF of it",
    ],
    [
      "AWQ",
      () =>
        packedAs("qweight", {
          quantization_config: { quant_method: "awq", bits: 4 },
          _name_or_path: "org/named",
        }),
      "quantised by AWQ (4 bits)",
      "org/named",
    ],
    [
      "bitsandbytes",
      () =>
        packedAs("weight", {
          quantization_config: { quant_method: "bitsandbytes", load_in_4bit: true },
        }),
      "quantised by bitsandbytes (4 bits)",
      "made from, unquantised, or a GGUF",
    ],
    [
      "compressed-tensors",
      () =>
        packedAs("weight_packed", {
          quantization_config: { quant_method: "compressed-tensors", format: "pack-quantized" },
        }),
      "quantised by compressed-tensors (pack-quantized)",
      "GGUF",
    ],
    [
      "MLX in 3 bits",
      () => packedAs("weight", { quantization: { bits: 3, mode: "mxfp4" } }),
      "quantised by MLX (3 bits)",
      "GGUF",
    ],
    [
      "GPTQ of an older tool",
      () => packedAs("qweight", {}, { "quantize_config.json": '{"bits": 4, "group_size": 128}' }),
      "quantised by GPTQ (4 bits), such as",
      "GGUF",
    ],
    [
      "AWQ of an older tool",
      () => packedAs("qweight", {}, { "quant_config.json": '{"w_bit": 4}' }),
      "quantised by AWQ (4 bits), such as",
      "GGUF",
    ],
    [
      "no configuration",
      () => packedAs("qweight", {}),
      "a form without quantization_config, such as",
      "GGUF",
    ],
  ])("%s", async (_, make, ...parts) => {
    const message = await openModel(make()).then(
      () => "opened",
      (error: Error) => error.message,
    );
    for (const part of parts) expect(message).toContain(part);
  });

  test("scales that do not fit are named", async () => {
    const tensors = Object.entries(MATRICES).flatMap(([name, shape], seed) => [
      { name: `${name}.weight`, shape, data: bytesOf(shape, seed) },
      { name: `${name}.weight_scale_inv`, shape: [3, 3], data: new Float32Array(9) },
    ]);
    const config = {
      ...CONFIG,
      quantization_config: { quant_method: "fp8", weight_block_size: [8, 8] },
    };
    const folder = writeFolder(emptyFolder(), [...plainTensors(), ...tensors], {
      config,
      bytes: (file) => withHeader(file, asF8),
    });
    await expect(openModel(folder)).rejects.toThrow(
      "needs a scale per tensor, row or block of 8 x 8, model.layers.0.mlp.down_proj.weight_scale_inv has 3 x 3",
    );
  });
});
