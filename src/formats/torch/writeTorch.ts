import { bytesOfView } from "../../base/bytes.ts";
import { strToU8, zipSync } from "fflate";
import { pickleBytes, type Picklable } from "./writePickle.ts";

/** A float32 tensor to write: row-major. */
export interface TorchTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * A file that `torch.load` reads, also with `weights_only`: a dictionary with `tensors` under `key` and `others` beside.
 * Tensors with the same numbers array share their storage, as tied weights do in PyTorch.
 */
export function torchFile(
  key: string,
  tensors: readonly TorchTensor[],
  others: ReadonlyMap<string, Picklable>,
): Uint8Array {
  const storages = [...new Set(tensors.map(({ data }) => data))];
  const state = new Map<string, Picklable>(
    tensors.map(({ name, shape, data }) => [
      name,
      { shape, storage: String(storages.indexOf(data)) },
    ]),
  );
  const stored = storages.map((data, index) => [`archive/data/${index}`, bytesOfView(data)]);
  const files = {
    "archive/data.pkl": pickleBytes(new Map<string, Picklable>([[key, state], ...others])),
    "archive/byteorder": strToU8("little"),
    ...(Object.fromEntries(stored) as Record<string, Uint8Array>),
    "archive/version": strToU8("3\n"),
  };
  return zipSync(files, { level: 0, mtime: new Date(1980, 0, 1) });
}
