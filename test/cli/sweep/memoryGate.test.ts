import { describe, expect, test } from "vitest";
import { memoryGate } from "../../../src/cli/sweep/memoryGate.ts";

const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A gate, and who is inside of it. */
function entered(budget: number) {
  const gate = memoryGate(budget);
  const inside = new Map<string, () => void>();
  const enter = (name: string, bytes: number, signal = never) =>
    void gate.enter(bytes, signal).then((leave) => inside.set(name, leave));
  const leave = async (name: string) => {
    inside.get(name)!();
    inside.delete(name);
    await settled();
  };
  return { enter, leave, names: async () => (await settled(), [...inside.keys()]) };
}

describe("memoryGate(budget)", () => {
  test("lets as many in as fit, in the order of asking", async () => {
    const { enter, leave, names } = entered(10);
    for (const [name, bytes] of [
      ["a", 6],
      ["b", 4],
      ["c", 1],
      ["d", 5],
    ] as const)
      enter(name, bytes);
    expect(await names()).toEqual(["a", "b"]);
    await leave("a");
    expect(await names()).toEqual(["b", "c", "d"]);
  });

  test("lets what is larger than the budget in alone, and nobody past it while it waits", async () => {
    const { enter, leave, names } = entered(10);
    enter("small", 2);
    enter("huge", 50);
    enter("late", 1);
    expect(await names()).toEqual(["small"]);
    await leave("small");
    expect(await names()).toEqual(["huge"]);
    await leave("huge");
    expect(await names()).toEqual(["late"]);
  });

  test("forgets who gives up waiting, and lets in who was behind", async () => {
    const { enter, names } = entered(10);
    const stop = new AbortController();
    enter("first", 4);
    enter("huge", 50, stop.signal);
    enter("late", 1);
    stop.abort();
    expect(await names()).toEqual(["first", "late"]);
  });
});
