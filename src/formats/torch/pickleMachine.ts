import { InputError } from "../../base/errors.ts";
import { isArray, isMap, type Fault, type PickleArray, type PickleValue } from "./pickleValues.ts";

/** The state of reading one pickle: a place in the bytes, a stack with marks, and values to come back to. */
export interface PickleMachine {
  position(): number;
  /** The next byte. */
  byte(): number;
  /** The next `size` bytes. */
  take(size: number): DataView;
  /** The next bytes up to a line feed, as text. */
  line(): string;
  push(value: PickleValue): void;
  pop(): PickleValue;
  /** Everything above the last mark, which is taken off with it. */
  popToMark(): PickleArray;
  mark(): void;
  /** The list or the dictionary on top of the stack, to be filled. */
  topList(): PickleValue[];
  topMap(): Map<PickleValue, PickleValue>;
  /** Keeps the top of the stack under a number; without one, under the next that is free. */
  keep(index?: number): void;
  recall(index: number): PickleValue;
  readonly fault: Fault;
}

/** A machine that reads `bytes` from `start` on; `name` is for messages. */
export function pickleMachine(bytes: Uint8Array, name: string, start: number): PickleMachine {
  const stack: PickleValue[] = [];
  const marks: number[] = [];
  const memo = new Map<number, PickleValue>();
  const fault: Fault = (message) => new InputError("pickle", `${name} ${message}`);
  const reader = pickleReader(bytes, name, start);
  const damaged = () => fault(`is a damaged pickle at byte ${reader.position()}`);
  const top = (): PickleValue => {
    if (stack.length <= (marks.at(-1) ?? 0)) throw damaged();
    return stack.at(-1)!;
  };
  const filled = <Value extends PickleValue>(is: (value: PickleValue) => value is Value): Value => {
    const value = top();
    if (!is(value)) throw damaged();
    return value;
  };
  return {
    ...reader,
    push: (value) => stack.push(value),
    pop: () => {
      top();
      return stack.pop()!;
    },
    mark: () => marks.push(stack.length),
    popToMark: () => {
      const mark = marks.pop();
      if (mark === undefined) throw damaged();
      return stack.splice(mark);
    },
    topList: () => filled(isArray) as PickleValue[],
    topMap: () => filled(isMap) as Map<PickleValue, PickleValue>,
    keep: (index = memo.size) => memo.set(index, top()),
    recall: (index) => {
      const value = memo.get(index);
      if (value === undefined) throw damaged();
      return value;
    },
    fault,
  };
}

function pickleReader(
  bytes: Uint8Array,
  name: string,
  start: number,
): Pick<PickleMachine, "position" | "byte" | "take" | "line"> {
  let at = start;
  const step = (size: number) => {
    if (at + size > bytes.length) {
      throw new InputError(
        "truncated",
        `${name} is a pickle that ends too early: ${size} bytes are needed at ${at}`,
      );
    }
    at += size;
    return at - size;
  };
  const take = (size: number) => new DataView(bytes.buffer, bytes.byteOffset + step(size), size);
  return {
    position: () => at,
    byte: () => bytes[step(1)]!,
    take,
    line: () => {
      const end = bytes.indexOf(LINE_FEED, at);
      const line = textOf(take(end < 0 ? bytes.length + 1 : end - at));
      at++;
      return line;
    },
  };
}

const LINE_FEED = 10;

/** Text of a pickle; bytes that are no UTF-8 become U+FFFD, which no name on a list has. */
export function textOf(view: DataView): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(view);
}
