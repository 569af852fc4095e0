/** @file Everything public with a lifetime closes in the same two ways. */
import { expect, test } from "vitest";
import { prepare } from "../../src/graph.ts";
import { load, openEngine, openWorkbench } from "../../src/index.ts";
import { tensor } from "../../src/base/tensor.ts";

const TOKENS = tensor(["batch", "position"], [1, 4], Int32Array.of(1, 2, 1, 2));

test("a model, a session and a workbench are closed by `close` and by `await using`", async () => {
  const backend = await openEngine({ device: "wasm" });
  const model = await load("planted:induction");
  const open = {
    session: () => prepare(model.program, backend),
    bench: () => openWorkbench(model, { backend, rows: 1, length: 4 }),
    model: () => load("planted:induction"),
  };
  for (const make of Object.values(open))
    for (const how of ["close", Symbol.asyncDispose] as const) {
      const resource = await make();
      expect(await resource[how]()).toBeUndefined();
    }
  await model.close();
});

test("what was closed no longer runs", async () => {
  const backend = await openEngine({ device: "wasm" });
  const model = await load("planted:induction");
  const feeds = new Map([["tokens", TOKENS]]);
  const session = await prepare(model.program, backend);
  expect((await session.run(feeds)).size).toBeGreaterThan(0);
  await session[Symbol.asyncDispose]();
  await expect(session.run(feeds)).rejects.toThrow();
});
