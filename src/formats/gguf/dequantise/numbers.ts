/** @file Plain numbers of other types than float32: each becomes the nearest float32. */
import type { Dequantise } from "./blocks.ts";

export const f64 = numbers(8, (view, at) => view.getFloat64(at, true));
export const i8 = numbers(1, (view, at) => view.getInt8(at));
export const i16 = numbers(2, (view, at) => view.getInt16(at, true));
export const i32 = numbers(4, (view, at) => view.getInt32(at, true));
export const i64 = numbers(8, (view, at) => Number(view.getBigInt64(at, true)));

function numbers(bytes: number, read: (view: DataView, at: number) => number): Dequantise {
  return (blocks, values) => {
    const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
    for (let index = 0; index < values.length; index++) values[index] = read(view, index * bytes);
  };
}
