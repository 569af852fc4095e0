import type { StoredTensor } from "../../base/bytes.ts";
import { InputError } from "../../base/errors.ts";
import type { Checkpoint } from "../checkpoint.ts";
import { isMap, type PickleValue } from "./pickleValues.ts";
import { isTensor } from "./torchValues.ts";

/**
 * The tensors of a state dictionary, such as the whole of a `pytorch_model.bin` or `model` of a nanoGPT `ckpt.pt`.
 *
 * Entries that are not tensors are left out: some writers keep counters beside the weights.
 *
 * @param name of the file or of the part of it, for messages
 * @throws {InputError} "file" if `value` is not a dictionary, or has no tensors
 */
export function torchCheckpoint(name: string, value: PickleValue | undefined): Checkpoint {
  const weights = new Map<string, StoredTensor>();
  const unsupported = new Map<string, string>();
  for (const [key, tensor] of isMap(value) ? value : []) {
    if (typeof key !== "string" || !isTensor(tensor)) continue;
    if (tensor.stored) weights.set(key, tensor.stored);
    else unsupported.set(key, tensor.type);
  }
  if (weights.size + unsupported.size === 0) {
    throw new InputError("file", `${name} needs to be a dictionary of tensors by name`);
  }
  return { weights, unsupported, metadata: new Map() };
}
