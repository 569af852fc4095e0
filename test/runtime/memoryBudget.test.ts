/** @file A budget of a process has room for what is not of its sessions, and is spoken of as it was asked for. */
import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { builder } from "../../src/graph/builder.ts";
import { askedBytes, withBudget } from "../../src/runtime/memoryBudget.ts";
import { checkBudget } from "../../src/runtime/prepare.ts";
import { oneEngine } from "../interventions/engine.ts";

const engine = await oneEngine();

describe("withBudget", () => {
  test.each([
    [2e9, 1.85e9],
    [600e6, 450e6],
    [100e6, 75e6],
  ])("of %d bytes for a process, sessions have %d", (process, sessions) => {
    const backend = withBudget(engine, process);
    expect(backend.budget!.bytes).toBe(sessions);
    expect(askedBytes(backend.budget!)).toBe(process);
    expect(withBudget(backend, process)).toBe(backend);
  });

  test("leaves a device its whole memory, and what was free as it was found", () => {
    expect(withBudget({ ...engine, device: "webgpu" }, 600e6).budget!.bytes).toBe(600e6);
    const free = withBudget({ ...engine, availableBytes: () => 3e9 }).budget!;
    expect([free.bytes, askedBytes(free)]).toEqual([3e9, undefined]);
  });
});

test.each([1500, 6000])(
  "a process too small for a matrix of %d squared is refused with one that suffices",
  (width) => {
    const b = builder();
    const x = b.input("x", "float32", { batch: "batch", d_model: width });
    const shape = [width, width];
    const source = { ...bytesInMemory("none", new Uint8Array(0)), sizeBytes: 4 * width * width };
    const stored = { type: "F32", shape, source, offset: 0, sizeBytes: source.sizeBytes } as const;
    const weight = b.weight({ name: "W", axes: { d_model: width, d_mlp: width }, stored });
    const programs = [b.program([b.contract(x, weight, ["batch", "d_mlp"])])];
    const check = (bytes: number) => () => {
      const backend = withBudget({ ...engine, memoryFolder: undefined }, bytes);
      checkBudget(programs, backend, backend.budget!, { batch: 1 });
    };
    const words = /^this needs at least (\d+) MB of memory, `memory` is 64 MB$/;
    expect(check(64e6)).toThrow(words);
    const least = Number(words.exec(messageOf(check(64e6)))![1]);
    expect(check(least * 1e6)).not.toThrow();
    expect(check((least - 2) * 1e6)).toThrow(/needs at least/);
  },
);

function messageOf(work: () => void): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}
