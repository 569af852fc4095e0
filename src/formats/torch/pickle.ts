/**
 * @file Reads Python pickles as data. Nothing is ever executed: names that a pickle mentions are looked up in a list
 * that the caller gives, and all others are refused. Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */
import { pickleMachine } from "./pickleMachine.ts";
import { PICKLE_STEPS } from "./pickleSteps.ts";
import type { PickleOptions, PickleValue } from "./pickleValues.ts";

/** What a pickle holds, and the first byte after it. */
export interface PickleContent {
  readonly value: PickleValue;
  readonly end: number;
}

/**
 * The value of the pickle that begins at `start` (protocols 2 to 5).
 *
 * @throws {InputError} "truncated" if the pickle goes on after `bytes`; "pickle" if it names something that is not on the list (the message says what), uses what data do
 *   not need, or is damaged
 */
export function unpickle(bytes: Uint8Array, options: PickleOptions, start = 0): PickleContent {
  const machine = pickleMachine(bytes, options.name, start);
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const code = machine.byte();
    if (code === STOP) return { value: machine.pop(), end: machine.position() };
    const step = PICKLE_STEPS[code];
    if (!step) {
      const opcode = `0x${code.toString(16).padStart(2, "0")}`;
      throw machine.fault(`uses opcode ${opcode}, which weights and plain data do not need`);
    }
    step(machine, options);
  }
  throw machine.fault(`takes more than ${MAX_STEPS} steps to read`);
}

/** Far above real checkpoints (tens of thousands); with it, an object for every byte stays below about 0.6 GB. */
const MAX_STEPS = 3_000_000;
/** Pickles of checkpoints are far below 1 MB; larger ones are not read into memory. */
export const MAX_PICKLE_BYTES = 256 * 1024 * 1024;

const STOP = ".".charCodeAt(0);
