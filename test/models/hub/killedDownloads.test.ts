import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../../../src/base/random.ts";
import { fetchFromHub } from "../../../src/models/hub/fetchFromHub.ts";
import { exactly } from "../../../src/models/hub/wantedFiles.ts";
import { compiledHub } from "./compiledHub.ts";
import { fakeHub, hashOf, large, sha256, type FakeFile, type FakeHub } from "./fakeHub.ts";

const KILLS = Number(process.env["KILLS"] ?? 60);
const AT_ONCE = 3;
const PROCESSES = 16;
const SIZE = 120_000;

let compiled: ReturnType<typeof compiledHub>;
beforeAll(() => void (compiled = compiledHub()));
afterAll(() => rmSync(compiled.folder, { recursive: true }));

/** What is under way or locked, anywhere in the cache. */
const unfinished = (cacheDir: string) =>
  readdirSync(cacheDir, { recursive: true }).filter((name) =>
    /\.incomplete$|\.owner$/.test(String(name)),
  );

const child = (endpoint: string, cacheDir: string, name: string): ChildProcess =>
  spawn(process.execPath, [compiled.script, endpoint, cacheDir, name], {
    stdio: ["ignore", "pipe", "inherit"],
  });
const exitOf = (process: ChildProcess) =>
  new Promise<string>((done) => {
    let output = "";
    process.stdout!.on("data", (chunk: Buffer) => void (output += chunk.toString()));
    process.on("close", () => done(output.trim()));
  });

/** Runs a download in a process of its own and kills it when the hub has sent `atByte`, or soon after the last one. */
async function killedAt(
  hub: FakeHub,
  cacheDir: string,
  file: FakeFile,
  atByte: number,
  afterMs: number,
): Promise<boolean> {
  const process = child(hub.endpoint, cacheDir, file.name);
  const path = `/blob/${hashOf(file)}`;
  watch.set(path, (bytes) => {
    if (bytes < atByte) return;
    watch.delete(path);
    if (afterMs === 0) process.kill("SIGKILL");
    else setTimeout(() => process.kill("SIGKILL"), afterMs);
  });
  await exitOf(process);
  watch.delete(path);
  return process.signalCode === "SIGKILL";
}
const watch = new Map<string, (bytes: number) => void>();

describe("a download that is killed", () => {
  test(
    `${KILLS} times at random bytes leaves nothing that the next run does not finish or remove`,
    { timeout: 400_000, tags: ["slow"] }, // some 20 s on idle cores; others may be using them
    async () => {
      const files = Array.from({ length: AT_ONCE }, (_, index) =>
        large(`file-${index}.bin`, SIZE, index + 1),
      );
      const hub = await fakeHub(files);
      hub.setRate(2_000_000);
      hub.onSent = (path, bytes) => watch.get(path.split("?")[0]!)?.(bytes);
      const numbers = random(4);
      const draws = Array.from({ length: KILLS }, () => ({
        atByte: numbers.integer(1, SIZE),
        afterMs: numbers.uniform() < 0.7 ? 0 : numbers.integer(1, 40), // the last steps come after the last byte
        twice: numbers.uniform() < 0.2,
      }));
      let killed = 0;
      let continued = 0;
      const work = files.map(async (file, index) => {
        const cacheDir = mkdtempSync(join(tmpdir(), "hub-killed-"));
        const request = exactly(file.name);
        for (const { atByte, afterMs, twice } of draws.filter(
          (_, draw) => draw % AT_ONCE === index,
        )) {
          if (await killedAt(hub, cacheDir, file, atByte, afterMs)) killed++;
          if (twice) await killedAt(hub, cacheDir, file, SIZE, 0);
          const before = hub.requests.length;
          const { folder } = await fetchFromHub("org/name", {
            endpoint: hub.endpoint,
            cacheDir,
            env: {},
            files: request,
          });
          continued += hub.requests
            .slice(before)
            .some(({ path, range }) => range && path.includes(hashOf(file)))
            ? 1
            : 0;
          expect(sha256(readFileSync(join(folder, file.name)))).toBe(hashOf(file));
          expect(unfinished(cacheDir)).toEqual([]);
          rmSync(cacheDir, { recursive: true });
        }
      });
      await Promise.all(work);
      await hub.close();
      console.log(
        `${killed} of ${KILLS} runs were killed before they ended; ${continued} next runs continued a part`,
      );
      expect(killed).toBeGreaterThan(KILLS * 0.75);
      expect(continued).toBeGreaterThan(KILLS * 0.4);
    },
  );

  test("in the middle of a lock does not stop the next one", async () => {
    const file = large("file.bin", SIZE, 5);
    const hub = await fakeHub([file]);
    const cacheDir = mkdtempSync(join(tmpdir(), "hub-killed-"));
    hub.setRate(200_000);
    hub.onSent = (path, bytes) => watch.get(path.split("?")[0]!)?.(bytes);
    expect(await killedAt(hub, cacheDir, file, 20_000, 0)).toBe(true);
    expect(unfinished(cacheDir).length).toBe(2);
    const waiting = child(hub.endpoint, cacheDir, file.name);
    expect(await exitOf(waiting)).toMatch(/^[0-9a-f]{40}$/);
    expect(unfinished(cacheDir)).toEqual([]);
    await hub.close();
    rmSync(cacheDir, { recursive: true });
  });
});

describe(`${PROCESSES} processes that ask for one blob`, () => {
  test("make one transfer, and all have it", async () => {
    const file = large("file.bin", 1_000_000, 6);
    const hub = await fakeHub([file]);
    hub.setRate(800_000); // long enough that all of them are waiting
    const cacheDir = mkdtempSync(join(tmpdir(), "hub-many-"));
    const outputs = await Promise.all(
      Array.from({ length: PROCESSES }, () => exitOf(child(hub.endpoint, cacheDir, file.name))),
    );
    expect(outputs.filter((output) => /^[0-9a-f]{40}$/.test(output)).length).toBe(PROCESSES);
    expect(hub.requests.filter(({ host }) => host === "store").length).toBe(1);
    expect(unfinished(cacheDir)).toEqual([]);
    await hub.close();
    rmSync(cacheDir, { recursive: true });
  });
});
