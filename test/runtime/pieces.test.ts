/** @file A Program in pieces: the same bytes as whole in one session, in less memory. */
import { describe, expect, test } from "vitest";
import type { Backend, Feeds } from "../../src/base/backend.ts";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { AbortError, UnableError } from "../../src/base/errors.ts";
import { random } from "../../src/base/random.ts";
import { tensor } from "../../src/base/tensor.ts";
import { builder } from "../../src/graph/builder.ts";
import type { Program } from "../../src/graph/program.ts";
import { memoryBudget } from "../../src/runtime/memoryBudget.ts";
import { piecesOf } from "../../src/runtime/pieces.ts";
import { planMemory } from "../../src/runtime/memory.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { scheduleOps } from "../../src/runtime/scheduleOps.ts";
import { backends } from "./backends.ts";

const [LAYERS, WIDTH, INNER] = [6, 64, 4096];
const SIZES = { batch: 3, position: 5 };

/** Layers of 2 MB; the fourth reads what the first made, and what is reduced of each is made at the end, as edits do. */
function layered(): Program {
  const b = builder();
  const stream = { batch: "batch", position: "position", d_model: WIDTH } as const;
  const draw = random(5);
  const weight = (name: string, axes: Record<string, number>) => {
    const count = WIDTH * INNER;
    const values = Float32Array.from({ length: count }, () => 0.05 * draw.normal());
    const bytes = bytesInMemory(name, new Uint8Array(values.buffer));
    const shape = Object.values(axes);
    const stored = { type: "F32", shape, source: bytes, offset: 0, sizeBytes: 4 * count } as const;
    return b.weight({ name, axes, stored });
  };
  let x = b.input("x", "float32", stream);
  const inner: string[] = [];
  const [first] = Array.from({ length: LAYERS }, (_, layer) => {
    const into = weight(`in ${layer}`, { d_model: WIDTH, d_mlp: INNER });
    const out = weight(`out ${layer}`, { d_mlp: INNER, d_model: WIDTH });
    const read = layer === 3 ? b.add(x, "resid 0") : x;
    inner.push(
      b.op("tanh", [b.contract(read, into, ["batch", "position", "d_mlp"])], {}, `a ${layer}`),
    );
    x = b.add(
      x,
      b.contract(inner.at(-1)!, out, ["batch", "position", "d_model"]),
      `resid ${layer}`,
    );
    return x;
  });
  const sums = inner.map((name, layer) => b.op("sum", [name], { axes: ["d_mlp"] }, `sum ${layer}`));
  return b.program([...sums, first!, x]);
}

const program = layered();

function feeds(seed: number, { batch, position } = SIZES): Feeds {
  const draw = random(seed);
  const values = Float32Array.from({ length: batch * position * WIDTH }, () => draw.normal());
  return new Map([
    ["x", tensor(["batch", "position", "d_model"], [batch, position, WIDTH], values)],
  ]);
}

const RUNS = [feeds(1), feeds(2, { batch: 1, position: 9 }), feeds(3)];

/** A budget that two layers fit into, and what was opened and closed under it. */
function countSessions(backend: Backend) {
  const whole = planMemory(program, backend, SIZES).totalBytes;
  const layers = planMemory({ ...program, outputs: ["resid 1"] }, backend, SIZES).totalBytes;
  const counts = { opened: 0, open: 0, most: 0 };
  const bytes = Math.ceil((8 / 7) * (layers + 200_000));
  expect(bytes).toBeLessThan(whole);
  const create: Backend["create"] = async (...args) => {
    const session = await backend.create(...args);
    counts.opened++;
    counts.most = Math.max(counts.most, ++counts.open);
    return {
      ...session,
      close: () => {
        counts.open--;
        return session.close();
      },
    };
  };
  return { seen: counts, backend: { ...backend, create, budget: memoryBudget(bytes, true) } };
}

async function all(backend: Backend, outputs = program.outputs) {
  const session = await prepare(program, backend, SIZES);
  const traces: Record<string, unknown>[] = [];
  await session.pass(RUNS, (trace) => void traces.push(Object.fromEntries(trace)), { outputs });
  await session.close();
  return traces;
}

describe.each((await backends()).map((engine) => [engine.device, engine] as const))(
  "a program in pieces, on %s,",
  (_, engine) => {
    test("returns the same bytes as whole, and opens each piece once for all runs", async () => {
      const { seen: counts, backend } = countSessions(engine);
      const whole = await all(engine);
      expect(await all(backend)).toEqual(whole);
      expect(counts.opened).toBeGreaterThan(2);
      expect(counts.open).toBe(0);
      expect(await all(backend, ["sum 4", "resid 0"])).toEqual(
        whole.map((trace) => ({ "sum 4": trace["sum 4"], "resid 0": trace["resid 0"] })),
      );
    });

    test("reads the file of a piece while the one before it runs, where the engine can", async () => {
      const log: string[] = [];
      const { backend } = countSessions(engine);
      let openCount = 0;
      const create: Backend["create"] = async (...args) => {
        const piece = openCount++;
        log.push(`open ${piece}`);
        const session = await backend.create(...args);
        const run: typeof session.run = (...feeds) => {
          log.push(`run ${piece}`);
          return session.run(...feeds);
        };
        return { ...session, run };
      };
      await all({ ...backend, create, readAhead: () => void log.push("read ahead") });
      expect(log.slice(0, 5)).toEqual(["open 0", "read ahead", "run 0", "run 0", "run 0"]);
      expect(log.filter((line) => line === "read ahead").length).toBe(openCount - 1);
    });

    test("runs no piece after the last that is asked for", async () => {
      const { seen: counts, backend } = countSessions(engine);
      await all(backend, ["sum 0"]);
      expect(counts.opened).toBe(1);
    });
  },
);

describe("pieces", () => {
  const engine = { mapsFiles: true };

  test("each fit, and end where only the stream and what is read again crosses", () => {
    const whole = planMemory(program, engine, SIZES).totalBytes;
    const most = whole - 4_500_000;
    const pieces = piecesOf(program, engine, SIZES, { whole: whole - 1, piece: most });
    expect(pieces.length).toBeGreaterThan(1);
    for (const { plan } of pieces) expect(plan.totalBytes).toBeLessThanOrEqual(most);
    for (const { reads } of pieces) for (const name of reads) expect(name).toMatch(/^resid \d$/);
    expect(pieces.flatMap(({ program: piece }) => piece.weights.map(({ name }) => name))).toEqual(
      program.weights.map(({ name }) => name),
    );
  });

  test("are one where the program fits", () => {
    const whole = planMemory(program, engine, SIZES).totalBytes;
    expect(piecesOf(program, engine, SIZES, { whole, piece: 1 })).toHaveLength(1);
  });
});

test("the order of operations computes a reduction where its value is, and keeps every operation", () => {
  const { ops } = scheduleOps(program, () => 1);
  expect(new Set(ops)).toEqual(new Set(program.ops));
  const at = (name: string) => ops.findIndex(({ output }) => output === name);
  expect(at("sum 0")).toBeLessThan(at("a 1"));
  for (const [index, { inputs }] of ops.entries())
    for (const name of inputs) expect(at(name)).toBeLessThan(index);
});

describe("a budget", () => {
  const thing = (log: string[], name: string) => () => {
    log.push(`open ${name}`);
    return Promise.resolve({ close: () => Promise.resolve(void log.push(`close ${name}`)) });
  };

  test("closes what was used last, and nothing that is in use", async () => {
    const log: string[] = [];
    const budget = memoryBudget(100, true);
    const [a, b, c] = ["a", "b", "c"].map((name) =>
      budget.tenant({ opening: 60, open: 40 }, thing(log, name)),
    );
    const nothing = () => Promise.resolve();
    await a!.use(nothing);
    await b!.use(nothing);
    await a!.use(nothing);
    await c!.use(nothing);
    expect(log).toEqual(["open a", "open b", "close a", "open c"]);
    await b!.use(() => c!.use(() => a!.use(nothing)));
    expect(log.slice(4)).toEqual(["open a"]);
    await Promise.all([a!.close(), b!.close(), c!.close(), c!.close()]);
    expect(log.slice(5).toSorted()).toEqual(["close a", "close b", "close c"]);
    expect(budget.hasRoom(100)).toBe(true);
  });

  test("opens again what could not be opened", async () => {
    const budget = memoryBudget(100, true);
    let tries = 0;
    const tenant = budget.tenant({ opening: 1, open: 1 }, () =>
      tries++ === 0 ? Promise.reject(new Error("no")) : Promise.resolve({ close: async () => {} }),
    );
    await expect(tenant.use(() => Promise.resolve(1))).rejects.toThrow("no");
    expect(await tenant.use(() => Promise.resolve(2))).toBe(2);
  });
});

test("a budget that not even one layer fits into is refused, with what it needs", async () => {
  const [engine] = await backends();
  const backend = { ...engine!, budget: memoryBudget(27_000_000, true) };
  await expect(prepare(program, backend, SIZES)).rejects.toThrow(
    /^this needs at least \d+ MB of memory for its largest part, `memory` is 27 MB$/,
  );
});

test.each([26_300_000, 26_900_001, 27_400_000])(
  "a budget of %s bytes is refused with one that suffices",
  async (bytes) => {
    const [engine] = await backends();
    const within = (most: number) =>
      prepare(program, { ...engine!, budget: memoryBudget(most, true) }, SIZES);
    const refused: unknown = await within(bytes).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UnableError);
    const least = Number(/at least (\d+) MB/.exec((refused as Error).message)![1]);
    await (await within(least * 1e6)).close();
    await expect(within((least - 2) * 1e6)).rejects.toThrow(UnableError);
  },
);

test("a pass in pieces is told piece by piece, and stops between two runs", async () => {
  const [engine] = await backends();
  const { backend } = countSessions(engine!);
  const session = await prepare(program, backend, SIZES);
  const stop = new AbortController();
  const events: string[] = [];
  const pass = session.pass(RUNS, () => undefined, {
    step: "scoring",
    signal: stop.signal,
    progress: (step, done, total) => {
      events.push(`${step} ${done} ${total}`);
      if (done === 4) stop.abort();
    },
  });
  await expect(pass).rejects.toThrow(AbortError);
  expect(events.at(-1)).toMatch(/^scoring, (\d+) pieces 4 \d+$/);
  await session.close();
});
