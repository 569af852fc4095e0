/** @file One session serves runs whose rotary tables differ by their length. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tensor } from "../../src/base/tensor.ts";
import { fileSource } from "../../src/formats/file.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { modelFrom } from "../../src/models/families.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { backends } from "../runtime/backends.ts";

const FOLDER = join(import.meta.dirname, "../fixtures/families/llama_dynamic");
const [engine] = await backends();

/** Logits of rows of each length, in this order, from one session. */
async function logitsOf(kind: Record<string, unknown>, lengths: readonly number[]) {
  const config = JSON.parse(readFileSync(join(FOLDER, "config.json"), "utf8")) as object;
  const file = await fileSource(join(FOLDER, "model.safetensors"));
  const rope = { rope_theta: 1e4, ...kind };
  const checkpoint = await readSafetensors(file);
  const model = modelFrom({ ...config, rope_parameters: rope }, checkpoint);
  const session = await prepare(model.program, engine!);
  const runs: (readonly number[])[] = [];
  for (const length of lengths) {
    const row = Int32Array.from({ length }, (_, index) => 3 + ((7 * index) % 23));
    const tokens = tensor(["batch", "position"], [1, length], row);
    runs.push([...(await session.run(new Map([["tokens", tokens]]))).get("logits")!.data]);
  }
  await session.close();
  await file.close();
  return { runs, contextLength: model.architecture.contextLength };
}

test("a session with dynamic rope has the plain table up to max_position_embeddings, in any order of lengths", async () => {
  const lengths = [8, 12, 8, 30, 5];
  const dynamic = await logitsOf({ rope_type: "dynamic", factor: 4 }, lengths);
  const plain = await logitsOf({ rope_type: "default" }, [8, 5]);
  expect(dynamic.runs[0]).toEqual(plain.runs[0]);
  expect(dynamic.runs[2]).toEqual(plain.runs[0]);
  expect(dynamic.runs[4]).toEqual(plain.runs[1]);
  expect(dynamic.contextLength).toBe(32);
  expect(plain.contextLength).toBe(8);
});

test("a longer run has other logits at the same tokens, since all its positions turn by its own table", async () => {
  const { runs } = await logitsOf({ rope_type: "dynamic", factor: 4 }, [8, 12]);
  const [short, long] = runs as [number[], number[]];
  const last = 7 * 29; // logits of the token at position 7
  expect(short.slice(last)).not.toEqual(long.slice(last, last + 29));
});
