import { expect, test } from "vitest";
import { Turns } from "../../explorer/src/engine/turns.ts";

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Runs that say when they end, and how many there were at once. */
function engine(log: string[]) {
  let running = 0;
  let most = 0;
  const run = async (name: string) => {
    most = Math.max(most, ++running);
    await pause(5);
    running--;
    log.push(name);
  };
  return { run, most: () => most };
}

test("short questions pass between two runs of a long one, and never while one of its runs goes on", async () => {
  const log: string[] = [];
  const turns = new Turns();
  const { run, most } = engine(log);
  let isOver = false;
  turns.add(async () => {
    const part = () => turns.alone(() => run("long"));
    for (let step = 0; step < 10; step++) await Promise.all([part(), part()]);
    isOver = true;
  }, true);
  await pause(30);
  turns.add(() => run("short"), false);
  turns.add(() => run("short"), false);
  while (!isOver) await pause(5);
  expect(log.filter((entry) => entry === "short")).toHaveLength(2);
  expect(log.lastIndexOf("short")).toBeLessThan(log.length - 1);
  expect(most()).toBe(2); // the long question's own two; a short one beside them would be three
});

test("short questions that wait come before long ones, each kind in its order", async () => {
  const log: string[] = [];
  const turns = new Turns();
  const job = (name: string) => async () => void log.push(name);
  turns.add(() => pause(5), false);
  turns.add(job("long 1"), true);
  turns.add(job("long 2"), true);
  turns.add(job("short 1"), false);
  turns.add(job("short 2"), false);
  await pause(20);
  expect(log).toEqual(["short 1", "short 2", "long 1", "long 2"]);
});
