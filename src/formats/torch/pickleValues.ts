/** @file What pickles are read as. */
import type { InputError } from "../../base/errors.ts";

/** Something that a name on the list makes, such as a tensor; the reader only hands it on. */
export interface MadeObject {
  readonly kind: string;
}

/** Lists and tuples are arrays; dictionaries are maps; whole numbers are bigint only where a number cannot hold them. */
export type PickleValue =
  null | boolean | number | bigint | string | Uint8Array | MadeObject | PickleArray | PickleMap;
export type PickleArray = readonly PickleValue[];
export type PickleMap = ReadonlyMap<PickleValue, PickleValue>;

/** Makes the error for a pickle that cannot be read: puts the name of the file before the message. */
export type Fault = (message: string) => InputError;

export interface PickleOptions {
  /** For messages: the file. */
  readonly name: string;
  /** What calling a name does, by `module.name`. */
  readonly callables?: Readonly<Record<string, (args: PickleArray, fault: Fault) => PickleValue>>;
  /** What a persistent id stands for; without it such ids are refused. */
  readonly persistent?: ((id: PickleValue, fault: Fault) => PickleValue) | undefined;
}

/** A name on the list that has not been called: it stands for itself, such as the type of a storage. */
export interface PickleName extends MadeObject {
  readonly kind: "name";
  /** `module.name` */
  readonly name: string;
}

export function isMap(value: PickleValue | undefined): value is PickleMap {
  return value instanceof Map;
}

export function isArray(value: PickleValue | undefined): value is PickleArray {
  return Array.isArray(value);
}

/** Whether a name on the list made this, such as a "tensor". */
export function isMade(value: PickleValue | undefined): value is MadeObject {
  return typeof value === "object" && value !== null && "kind" in value;
}

export function isName(value: PickleValue | undefined): value is PickleName {
  return isMade(value) && value.kind === "name";
}
