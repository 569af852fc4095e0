import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { readTensor } from "../../src/formats/readTensor.ts";
import { safetensorsBytes, type TensorToWrite } from "../../src/formats/writeSafetensors.ts";

const TENSORS: readonly TensorToWrite[] = [
  { name: "b", shape: [2, 2], data: Float32Array.of(1, -2, 3.5, Infinity) },
  { name: "a", shape: [], data: Float32Array.of(7) },
  { name: "mask", shape: [3], data: Uint8Array.of(1, 0, 1) },
  { name: "ids", shape: [1, 2], data: Int32Array.of(5, -1) },
  { name: "wide", shape: [1], data: Float64Array.of(0.1) },
];

describe("safetensorsBytes(tensors, metadata)", () => {
  test("is read back as it was", async () => {
    const file = safetensorsBytes(TENSORS, { made_by: "a test" });
    const { weights, unsupported, metadata } = await readSafetensors(bytesInMemory("file", file));
    expect([...weights.keys()]).toEqual(["a", "b"]);
    expect(weights.get("b")!.shape).toEqual([2, 2]);
    expect([...(await readTensor(weights.get("b")!))]).toEqual([1, -2, 3.5, Infinity]);
    expect([...(await readTensor(weights.get("a")!))]).toEqual([7]);
    expect([...unsupported]).toEqual([
      ["wide", "F64"],
      ["ids", "I32"],
      ["mask", "U8"],
    ]);
    expect([...metadata]).toEqual([["made_by", "a test"]]);
  });

  test("is the same whatever order tensors and metadata come in", () => {
    const inOrder = safetensorsBytes(TENSORS, { x: "1", y: "2" });
    const other = safetensorsBytes(TENSORS.toReversed(), { y: "2", x: "1" });
    expect(other).toEqual(inOrder);
  });

  test("has these bytes for one small tensor", () => {
    const file = safetensorsBytes([{ name: "a", shape: [1], data: Float32Array.of(1) }]);
    const header = '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  ';
    expect(new TextDecoder().decode(file.subarray(8, -4))).toBe(header);
    expect([...file.subarray(0, 8)]).toEqual([header.length, 0, 0, 0, 0, 0, 0, 0]);
    expect([...file.subarray(-4)]).toEqual([0, 0, 0x80, 0x3f]);
  });

  test("refuses a shape that does not fit, names that are there twice, and the reserved name", () => {
    const data = Float32Array.of(1, 2);
    expect(() => safetensorsBytes([{ name: "a", shape: [3], data }])).toThrow(
      "tensor a of shape 3 needs 3 values, got 2",
    );
    const twice = [
      { name: "a", shape: [2], data },
      { name: "a", shape: [2], data },
    ];
    expect(() => safetensorsBytes(twice)).toThrow("a is there twice");
    expect(() => safetensorsBytes([{ name: "__metadata__", shape: [2], data }])).toThrow(
      "is reserved",
    );
  });
});
