/**
 * @file Reads Python pickles as data. Nothing is ever executed: names that a pickle mentions are looked up in a list
 * that the caller gives, and all others are refused. Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */
import { pickleMachine } from "./pickleMachine.ts";
import { PICKLE_STEPS } from "./pickleSteps.ts";
import type { PickleOptions, PickleValue } from "./pickleValues.ts";

/** What a pickle holds, and the first byte after it. */
export interface Unpickled {
  readonly value: PickleValue;
  readonly end: number;
}

/**
 * The value of the pickle that begins at `start` (protocols 2 to 5).
 *
 * @throws {InputError} "pickle" if it names something that is not on the list (the message says what), uses what data do
 *   not need, or is damaged
 */
export function unpickle(bytes: Uint8Array, options: PickleOptions, start = 0): Unpickled {
  const machine = pickleMachine(bytes, options.name, start);
  for (;;) {
    const code = machine.take(1).getUint8(0);
    if (code === STOP) return { value: machine.pop(), end: machine.position() };
    const step = PICKLE_STEPS[code];
    if (!step) {
      const opcode = `0x${code.toString(16).padStart(2, "0")}`;
      throw machine.fault(`uses opcode ${opcode}, which weights and plain data do not need`);
    }
    step(machine, options);
  }
}

const STOP = ".".charCodeAt(0);
