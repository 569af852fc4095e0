/** @file Whether a device makes float32 of float16 exactly, so that weights can be float16 in its memory: tried, not asked for. */
import type { Backend } from "../base/backend.ts";
import { DATA_TYPES, encodeModel } from "../graph/onnx/model.ts";

const INFINITE = 0x7c00;

/** Bits of all finite numbers of float16. */
const HALVES = Uint16Array.from({ length: 2 * INFINITE }, (_, at) =>
  at < INFINITE ? at : 0x8000 + (at - INFINITE),
);

/**
 * False where the device has no float16, or takes its smallest numbers for zero, as WebGPU allows. The engine's own words are
 * not passed on: a device without float16 is as good as any other.
 */
export async function hasExactHalves(backend: Pick<Backend, "create">): Promise<boolean> {
  try {
    const session = await backend.create(everyHalf(), {});
    const [floats] = [...(await session.run(new Map())).values()];
    await session.close();
    return HALVES.every((bits, at) => floats!.data[at] === valueOf(bits));
  } catch {
    return false;
  }
}

/** A model of one node, whose float16 the engine cannot make float32 before it runs. */
function everyHalf(): Uint8Array {
  const data = new Uint8Array(HALVES.buffer);
  const axes = [{ name: "half", size: HALVES.length }];
  const node = { type: "Cast", inputs: ["halves"], outputs: ["floats"] };
  return encodeModel(
    {
      inputs: [],
      outputs: [{ name: "floats", type: "float32", axes }],
      nodes: [{ ...node, attributes: { to: DATA_TYPES.float32 } }],
      initializers: [
        { name: "halves", type: "F16", dims: [HALVES.length], data, overridable: true },
      ],
    },
    () => data,
  );
}

function valueOf(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -size : size;
}
