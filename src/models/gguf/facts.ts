/** @file What a GGUF's header says of its architecture, read as numbers, and checked where several keys must agree. */
import { InputError } from "../../base/errors.ts";
import type { GgufValue } from "../../formats/gguf/metadata.ts";
import type { Gguf } from "../../formats/gguf/readGguf.ts";
import type { GgufTensor } from "../../formats/gguf/tensors.ts";

/** Metadata under `<architecture>.` and the tensors of a file. */
export interface GgufFacts {
  readonly path: string;
  readonly architecture: string;
  /** Every key of the file. */
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** By the key after the architecture's name. */
  readonly own: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Values of small tensors that are settings rather than weights, such as rope_freqs.weight, by name. */
  readonly tables: ReadonlyMap<string, readonly number[]>;
  /** The number of a key; undefined if the file does not have it. A list, one for each layer, counts as its one value. */
  number(key: string): number | undefined;
  /** The number of a key that the file must have. */
  requireKey(key: string): number;
  /** Whether a tensor of this name is in the first layer that could have it, or outside of layers. */
  has(tensor: string): boolean;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Entries of a query or key. */
  readonly headSize: number;
}

/**
 * The facts of a file.
 *
 * @throws {InputError} "config" for a key that is not a number, or differs among layers
 */
export function factsOf(
  { metadata, tensors }: Gguf,
  path: string,
  tables: ReadonlyMap<string, readonly number[]>,
): GgufFacts {
  const architecture = String(metadata.get("general.architecture"));
  const prefix = `${architecture}.`;
  const own = new Map(
    [...metadata]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
  const number = (key: string) => {
    const value = own.get(key);
    return value === undefined ? undefined : oneNumber(path, `${prefix}${key}`, value);
  };
  const requireKey = (key: string) => {
    const value = number(key);
    if (value === undefined)
      throw new InputError("config", `${path} needs the key ${prefix}${key}`);
    return value;
  };
  const layered = (name: string) =>
    new RegExp(`^${name.replaceAll(".", "\\.").replace("{}", "\\d+")}$`);
  return {
    path,
    architecture,
    metadata,
    own,
    tensors,
    tables,
    number,
    requireKey,
    has: (name) =>
      name.includes("{}")
        ? [...tensors.keys()].some((each) => layered(name).test(each))
        : tensors.has(name),
    get layers() {
      return checkedLayers(path, requireKey("block_count"), tensors.size);
    },
    get heads() {
      return requireKey("attention.head_count");
    },
    get kvHeads() {
      return number("attention.head_count_kv") ?? requireKey("attention.head_count");
    },
    get headSize() {
      return (
        number("attention.key_length") ??
        requireKey("embedding_length") / requireKey("attention.head_count")
      );
    },
  };
}

/** A layer has tensors; nothing is made for each of more layers than that. */
function checkedLayers(path: string, layers: number, tensors: number): number {
  if (Number.isInteger(layers) && layers >= 1 && layers <= tensors) return layers;
  throw new InputError(
    "config",
    `${path} needs a block_count from 1 to its ${tensors} tensors, got ${layers}`,
  );
}

function oneNumber(path: string, key: string, value: GgufValue): number {
  const values = new Set(Array.isArray(value) ? (value as readonly GgufValue[]) : [value]);
  const [first] = values;
  if (values.size !== 1) {
    const list = [...values].slice(0, 8).map(String).join(", ");
    throw new InputError(
      "config",
      `${path}: ${key} differs among layers (${list}), which is not supported`,
    );
  }
  if (typeof first === "bigint") return Number(first);
  if (typeof first === "number") return shortest(first);
  throw new InputError("config", `${path}: ${key} needs a number, got ${JSON.stringify(value)}`);
}

/** The shortest decimal with the same float32: 1e-6, where a file of float32 has 9.999999974752427e-7. */
export function shortest(value: number): number {
  if (Number.isInteger(value) || Math.fround(value) !== value) return value;
  for (let digits = 1; digits < 9; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === value) return decimal;
  }
  return value;
}
