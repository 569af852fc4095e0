/** @file What torch.save names: storages, and the functions that rebuild tensors as views of them. */
import {
  STORED_BYTES,
  type ByteSource,
  type StoredTensor,
  type StoredType,
} from "../../base/bytes.ts";
import {
  isArray,
  isMade,
  isName,
  type Fault,
  type MadeObject,
  type PickleArray,
  type PickleOptions,
  type PickleValue,
} from "./pickleValues.ts";
import { contiguousSource, isContiguous, lastOf } from "./strides.ts";

/** A tensor of a torch file. */
export interface TorchTensor extends MadeObject {
  readonly kind: "tensor";
  /** As safetensors calls it: F32, F16, BF16, F64, I64, BOOL, ... */
  readonly type: string;
  readonly shape: readonly number[];
  /** Where its values are; absent for types that the engine does not use. */
  readonly stored?: StoredTensor | undefined;
}

export function isTensor(value: PickleValue | undefined): value is TorchTensor {
  return isMade(value) && value.kind === "tensor";
}

/** What a persistent id of torch says: key, type and size of a storage. */
export interface StorageId {
  readonly key: string;
  readonly type: string;
  readonly values: number;
  readonly sizeBytes: number;
}

/** Values of one type in a row; tensors are views of them. */
interface Storage extends MadeObject, StorageId {
  readonly kind: "storage";
  readonly offset: number;
}

/** Types by the class of their storage: name and bytes per value. */
const STORAGES: Readonly<Record<string, readonly [type: string, width: number]>> = {
  "torch.FloatStorage": ["F32", 4],
  "torch.HalfStorage": ["F16", 2],
  "torch.BFloat16Storage": ["BF16", 2],
  "torch.DoubleStorage": ["F64", 8],
  "torch.LongStorage": ["I64", 8],
  "torch.IntStorage": ["I32", 4],
  "torch.ShortStorage": ["I16", 2],
  "torch.CharStorage": ["I8", 1],
  "torch.ByteStorage": ["U8", 1],
  "torch.BoolStorage": ["BOOL", 1],
};
const DTYPES = "float32 float16 bfloat16 float64 int64 int32 int16 int8 uint8 bool"
  .split(" ")
  .map((name) => `torch.${name}`);

/**
 * How the pickles of a torch file are read.
 *
 * @param place the first byte of a storage, after checking that the file has just as many bytes for it
 */
export function torchPickle(source: ByteSource, place: (id: StorageId) => number): PickleOptions {
  let leftBytes = MAX_EXPANSION * source.sizeBytes;
  const spend = (sizeBytes: number) => (leftBytes -= sizeBytes) >= 0;
  const tensor = (args: PickleArray, fault: Fault) => rebuilt(source, args, spend, fault);
  const persistent = (id: PickleValue, fault: Fault) => {
    const storage = storageId(id, fault);
    const record: Storage = { kind: "storage", ...storage, offset: place(storage) };
    return record;
  };
  const callables = {
    ...Object.fromEntries([...Object.keys(STORAGES), ...DTYPES].map((name) => [name, onlyNamed])),
    ...PLAIN_CALLABLES,
    "torch._utils._rebuild_tensor": tensor,
    "torch._utils._rebuild_tensor_v2": tensor,
    "torch._utils._rebuild_parameter": ([data = null]: PickleArray) => data,
    "torch.Size": ([sizes = []]: PickleArray) => sizes,
    "torch.device": ([name = null]: PickleArray) => name,
  };
  return { name: source.name, callables, persistent };
}

function onlyNamed(_args: PickleArray, fault: Fault): never {
  throw fault("calls the name of a type");
}

/** Names that plain data need. */
export const PLAIN_CALLABLES: NonNullable<PickleOptions["callables"]> = {
  "collections.OrderedDict": (args, fault) => {
    if (args.length === 0) return new Map();
    throw fault("makes an OrderedDict of something, which a short pickle could fill memory with");
  },
  "_codecs.encode": ([text = null]) => text, // bytes in protocol 2, as text of Latin-1
};

/** ("storage", type, key, place it was on, number of values), and in old files what it is a view of: nothing. */
function storageId(id: PickleValue, fault: Fault): StorageId {
  const [kind, name, key, , values, view = null] = isArray(id) ? id : [];
  const [type, width] = (isName(name) && STORAGES[name.name]) || [];
  if (kind !== "storage" || !type || !width || typeof key !== "string" || !isCount(values)) {
    throw fault("refers to a storage in a way that is not torch's, or of a type that is not known");
  }
  if (view !== null) throw fault(`has storage ${key} as a view of another, which is not read`);
  return { key, type, values, sizeBytes: values * width };
}

/** A tensor: values of a storage from an offset on, one size and one stride per axis. */
function rebuilt(
  source: ByteSource,
  [storage, first, shape, strides]: PickleArray,
  spend: (sizeBytes: number) => boolean,
  fault: Fault,
): TorchTensor {
  const isComplete = isStorage(storage) && isCount(first) && isCounts(shape) && isCounts(strides);
  if (!isComplete || shape.length !== strides.length) {
    throw fault("rebuilds a tensor in a way that is not torch's");
  }
  const { key, type, values } = storage;
  if (first + lastOf(shape, strides) >= values + (shape.includes(0) ? 1 : 0)) {
    const view = `[${shape.join(", ")}] with strides [${strides.join(", ")}] from ${first}`;
    throw fault(`has a tensor ${view} that leaves storage ${key} of ${values} values`);
  }
  if (!isStored(type)) return { kind: "tensor", type, shape };
  const width = STORED_BYTES[type];
  const sizeBytes = shape.reduce((product, length) => product * length, width);
  const offset = storage.offset + first * width;
  if (isContiguous(shape, strides)) {
    return { kind: "tensor", type, shape, stored: { type, shape, source, offset, sizeBytes } };
  }
  if (!spend(sizeBytes)) {
    throw fault(
      `repeats the ${values} values of storage ${key} until they take ${sizeBytes} bytes`,
    );
  }
  const gathered = contiguousSource(source, offset, { shape, strides, width });
  return {
    kind: "tensor",
    type,
    shape,
    stored: { type, shape, source: gathered, offset: 0, sizeBytes },
  };
}

/** Tensors made contiguous may together take so many times the bytes of the whole file: views can repeat values. */
const MAX_EXPANSION = 16;
/** As in torch. */
const MAX_AXES = 64;

function isStorage(value: PickleValue | undefined): value is Storage {
  return isMade(value) && value.kind === "storage";
}

function isStored(type: string): type is StoredType {
  return Object.hasOwn(STORED_BYTES, type);
}

function isCount(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: PickleValue | undefined): value is readonly number[] {
  return isArray(value) && value.length <= MAX_AXES && value.every(isCount);
}
