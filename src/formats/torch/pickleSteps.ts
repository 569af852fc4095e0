/** @file What each opcode does: those that data need, and no others (no classes, no instances, no extensions). */
import { bytesOfView } from "../../base/bytes.ts";
import { textOf, type PickleMachine } from "./pickleMachine.ts";
import {
  isArray,
  isMap,
  isName,
  type PickleArray,
  type PickleName,
  type PickleOptions,
  type PickleValue,
} from "./pickleValues.ts";

type Step = (machine: PickleMachine, options: PickleOptions) => void;

const MAX_PROTOCOL = 5;
const MAX_LONG_BYTES = 64;

const code = (letter: string) => letter.charCodeAt(0);

/** By opcode; the comment is its name in pickletools. */
export const PICKLE_STEPS: Readonly<Record<number, Step>> = {
  0x80: protocol, // PROTO
  0x95: ({ take }) => void take(8), // FRAME
  [code("(")]: ({ mark }) => mark(), // MARK
  [code("0")]: ({ pop }) => void pop(), // POP
  [code("1")]: ({ popToMark }) => void popToMark(), // POP_MARK
  [code("N")]: ({ push }) => push(null), // NONE
  0x88: ({ push }) => push(true), // NEWTRUE
  0x89: ({ push }) => push(false), // NEWFALSE
  [code("K")]: ({ push, byte }) => push(byte()), // BININT1
  [code("M")]: ({ push, take }) => push(take(2).getUint16(0, true)), // BININT2
  [code("J")]: ({ push, take }) => push(take(4).getInt32(0, true)), // BININT
  [code("G")]: ({ push, take }) => push(take(8).getFloat64(0)), // BINFLOAT
  0x8a: (machine) => machine.push(long(machine, machine.byte())), // LONG1
  0x8b: (machine) => machine.push(long(machine, size32(machine))), // LONG4
  0x8c: (machine) => machine.push(textOf(machine.take(machine.byte()))), // SHORT_BINUNICODE
  [code("X")]: (machine) => machine.push(textOf(machine.take(size32(machine)))), // BINUNICODE
  0x8d: (machine) => machine.push(textOf(machine.take(size64(machine)))), // BINUNICODE8
  [code("U")]: (machine) => machine.push(textOf(machine.take(machine.byte()))), // SHORT_BINSTRING, of Python 2
  [code("T")]: (machine) => machine.push(textOf(machine.take(size32(machine)))), // BINSTRING, of Python 2
  [code("C")]: (machine) => machine.push(bytesOfView(machine.take(machine.byte()))), // SHORT_BINBYTES
  [code("B")]: (machine) => machine.push(bytesOfView(machine.take(size32(machine)))), // BINBYTES
  0x8e: (machine) => machine.push(bytesOfView(machine.take(size64(machine)))), // BINBYTES8
  [code(")")]: ({ push }) => push([]), // EMPTY_TUPLE
  0x85: (machine) => tuple(machine, 1), // TUPLE1
  0x86: (machine) => tuple(machine, 2), // TUPLE2
  0x87: (machine) => tuple(machine, 3), // TUPLE3
  [code("t")]: ({ push, popToMark }) => push(popToMark()), // TUPLE
  [code("]")]: ({ push }) => push([]), // EMPTY_LIST
  [code("l")]: ({ push, popToMark }) => push(popToMark()), // LIST
  [code("a")]: append, // APPEND
  [code("e")]: (machine) => appendAll(machine), // APPENDS
  [code("}")]: ({ push }) => push(new Map()), // EMPTY_DICT
  [code("s")]: setItem, // SETITEM
  [code("u")]: setItems, // SETITEMS
  [code("d")]: dictionary, // DICT
  [code("q")]: (machine) => machine.keep(machine.byte()), // BINPUT
  [code("r")]: (machine) => machine.keep(size32(machine)), // LONG_BINPUT
  0x94: ({ keep }) => keep(), // MEMOIZE
  [code("h")]: (machine) => machine.push(machine.recall(machine.byte())), // BINGET
  [code("j")]: (machine) => machine.push(machine.recall(size32(machine))), // LONG_BINGET
  [code("c")]: (machine, options) => pushName(machine, options, machine.line(), machine.line()), // GLOBAL
  [code("i")]: (machine, options) => pushName(machine, options, machine.line(), machine.line()), // INST: only to refuse it by name
  0x93: stackGlobal, // STACK_GLOBAL
  [code("R")]: reduce, // REDUCE
  [code("b")]: build, // BUILD
  [code("Q")]: persistentId, // BINPERSID
};

function protocol({ byte, fault }: PickleMachine): void {
  const version = byte();
  if (version < 2 || version > MAX_PROTOCOL) {
    throw fault(`needs pickle protocol 2 to ${MAX_PROTOCOL}, got ${version}`);
  }
}

function size32({ take }: PickleMachine): number {
  return take(4).getUint32(0, true);
}

function size64({ take }: PickleMachine): number {
  return Number(take(8).getBigUint64(0, true)); // above 2^53 it is past the end, exact or not
}

/** A whole number in two's complement, little endian, of any length. */
function long({ take, fault }: PickleMachine, size: number): number | bigint {
  if (size > MAX_LONG_BYTES) throw fault(`has a whole number of ${size} bytes`);
  const bytes = bytesOfView(take(size));
  const digits = [...bytes].reverse().map((byte) => byte.toString(16).padStart(2, "0"));
  const value = BigInt.asIntN(size * 8, BigInt(`0x0${digits.join("")}`));
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function tuple({ pop, push }: PickleMachine, length: number): void {
  push(Array.from({ length }, pop).reverse());
}

function append(machine: PickleMachine): void {
  const value = machine.pop();
  machine.topList().push(value);
}

function appendAll(machine: PickleMachine): void {
  const values = machine.popToMark();
  const list = machine.topList();
  for (const value of values) list.push(value);
}

function setItem(machine: PickleMachine): void {
  const value = machine.pop();
  const key = machine.pop();
  machine.topMap().set(key, value);
}

function setItems(machine: PickleMachine): void {
  const items = machine.popToMark();
  fill(machine, machine.topMap(), items);
}

function dictionary(machine: PickleMachine): void {
  const items = machine.popToMark();
  machine.push(new Map());
  fill(machine, machine.topMap(), items);
}

function fill(
  machine: PickleMachine,
  map: Map<PickleValue, PickleValue>,
  items: PickleArray,
): void {
  if (items.length % 2 !== 0) throw machine.fault("is a damaged pickle: a key without a value");
  for (let at = 0; at < items.length; at += 2) map.set(items[at]!, items[at + 1]!);
}

function stackGlobal(machine: PickleMachine, options: PickleOptions): void {
  const name = machine.pop();
  const module = machine.pop();
  if (typeof module !== "string" || typeof name !== "string") {
    throw machine.fault("is a damaged pickle: a name that is not text");
  }
  pushName(machine, options, module, name);
}

function pushName(
  machine: PickleMachine,
  { callables = {} }: PickleOptions,
  module: string,
  name: string,
): void {
  const full = `${module}.${name}`;
  if (!Object.hasOwn(callables, full)) {
    throw machine.fault(
      `names ${full.slice(0, 120)}, which weights and plain data do not need: refused, nothing was run`,
    );
  }
  const value: PickleName = { kind: "name", name: full };
  machine.push(value);
}

function reduce(machine: PickleMachine, { callables = {} }: PickleOptions): void {
  const args = machine.pop();
  const callable = machine.pop();
  if (!isName(callable) || !isArray(args)) {
    throw machine.fault("is a damaged pickle: a call of something that is not a name");
  }
  machine.push(callables[callable.name]!(args, machine.fault));
}

/** Attributes that Python sets on what was made: an OrderedDict's `_metadata` is not needed, others are refused. */
function build(machine: PickleMachine): void {
  machine.pop();
  if (!isMap(machine.topMap())) throw machine.fault("sets attributes of something that has none");
}

function persistentId(machine: PickleMachine, { persistent }: PickleOptions): void {
  const id: PickleValue = machine.pop();
  if (!persistent) throw machine.fault("refers to storages outside, which plain data do not");
  machine.push(persistent(id, machine.fault));
}
