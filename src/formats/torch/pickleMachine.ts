import { InputError } from "../../base/errors.ts";
import { isArray, isMap, type PickleArray, type PickleValue } from "./pickleValues.ts";

/** The state of reading one pickle: a place in the bytes, a stack with marks, and values to come back to. */
export interface PickleMachine {
  position(): number;
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
  kept(index: number): PickleValue;
  fault(message: string): InputError;
}

export function pickleMachine(bytes: Uint8Array, name: string, start: number): PickleMachine {
  const stack: PickleValue[] = [];
  const marks: number[] = [];
  const memo = new Map<number, PickleValue>();
  let at = start;
  const fault = (message: string) => new InputError("pickle", `${name} ${message}`);
  const damaged = () => fault(`is a damaged pickle at byte ${at}`);
  const take = (size: number) => {
    if (at + size > bytes.length) throw fault(`is a pickle that ends too early: ${size} bytes are needed at ${at}`);
    at += size;
    return new DataView(bytes.buffer, bytes.byteOffset + at - size, size);
  };
  const top = (): PickleValue => {
    if (stack.length <= (marks.at(-1) ?? 0)) throw damaged();
    return stack.at(-1)!;
  };
  return {
    position: () => at,
    take,
    line: () => {
      const end = bytes.indexOf("\n".charCodeAt(0), at);
      if (end < 0) throw damaged();
      const line = textOf(take(end - at));
      at++;
      return line;
    },
    push: (value) => stack.push(value),
    pop: () => {
      top();
      return stack.pop()!;
    },
    popToMark: () => {
      const mark = marks.pop();
      if (mark === undefined) throw damaged();
      return stack.splice(mark);
    },
    mark: () => marks.push(stack.length),
    topList: () => {
      const list = top();
      if (!isArray(list)) throw damaged();
      return list as PickleValue[];
    },
    topMap: () => {
      const map = top();
      if (!isMap(map)) throw damaged();
      return map as Map<PickleValue, PickleValue>;
    },
    keep: (index = memo.size) => memo.set(index, top()),
    kept: (index) => {
      const value = memo.get(index);
      if (value === undefined) throw damaged();
      return value;
    },
    fault,
  };
}

/** Text of a pickle; bytes that are no UTF-8 become U+FFFD, which no name on a list has. */
export function textOf(view: DataView): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(view);
}
