/** @file A plan for a graphics card is held against the card's memory where its driver says it, else against the machine's. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { openPlanted } from "../../src/models/planted/planted.ts";
import { cardsHere, freeOnCards } from "../../src/runtime/cards.ts";
import { withBudget } from "../../src/runtime/memoryBudget.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { oneEngine } from "../interventions/engine.ts";

describe("the free memory of graphics cards", () => {
  test.each([
    ["one card", "81079\n", 81079 * 2 ** 20],
    ["two, of which the engine may take either", "24081\n 8106\n", 8106 * 2 ** 20],
    ["a card that does not say", "[N/A]\n", undefined],
    ["a driver that fails", "NVIDIA-SMI has failed because it couldn't communicate\n", undefined],
    ["no driver", null, undefined],
  ])("with %s", (_, printed, bytes) => {
    expect(freeOnCards(() => printed)).toBe(bytes);
  });

  test("is not known where nothing can be asked", () => {
    const path = process.env["PATH"];
    process.env["PATH"] = "";
    try {
      expect(freeOnCards()).toBeUndefined();
    } finally {
      process.env["PATH"] = path;
    }
  });
});

test("the cards of a system have other words once a card or a driver is another", () => {
  const root = mkdtempSync(join(tmpdir(), "cards-"));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  };
  const words = new Set([cardsHere(root, {})]);
  write("sys/class/drm/card0/device/vendor", "0x10de");
  write("sys/class/drm/card0/device/device", "0x2335");
  write("sys/class/drm/card0-DP-1/status", "connected");
  words.add(cardsHere(root, {}));
  expect(cardsHere(root, {})).toContain(" 0x10de:0x2335");
  write("sys/module/nvidia/version", "550.54");
  words.add(cardsHere(root, {}));
  words.add(cardsHere(root, { VK_DRIVER_FILES: "software.json" }));
  expect(words.size).toBe(4);
  rmSync(root, { recursive: true });
});

describe("a plan for a device", async () => {
  const engine = await oneEngine();
  const { program } = await openPlanted("induction");
  const card = (free: number | undefined) => ({
    ...engine,
    device: "webgpu" as const,
    freeOnDevice: () => free,
  });

  test("is refused by the card's memory, however much the machine has", async () => {
    await expect(prepare(program, card(1e6))).rejects.toThrow(
      /this needs about \d+ MB of memory, webgpu has 1\.0 MB/,
    );
    await expect(prepare(program, withBudget(card(1e6)))).rejects.toThrow(
      /this needs at least \d+ MB of memory for its largest part, webgpu has 1\.0 MB/,
    );
  });

  test("fits the card, however little the machine has", async () => {
    const session = await prepare(program, { ...card(1e9), availableBytes: () => 1e6 });
    await session.close();
    expect(withBudget(card(1e9)).budget?.bytes).toBe(1e9);
  });

  test("is held against the machine's memory where the card does not say", () => {
    const shared = { ...card(undefined), availableBytes: () => 3e9 };
    expect(withBudget(shared).budget).toMatchObject({ bytes: 3e9, isAsked: false });
    expect(withBudget(card(1e9), 2e8).budget).toMatchObject({ bytes: 2e8, isAsked: true });
  });
});
