/**
 * @file Whisper's published alignment heads as known answers: cross heads that follow the sound along the text. Needs a real
 * checkpoint, so it runs with INDUCTION_LENS_WHISPER=FOLDER: a Whisper model with generation_config.json (`alignment_heads`),
 * and beside it `speech.wav` (16 kHz) with what is said in it in `speech.txt`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Tensor } from "../../src/base/tensor.ts";
import { slice } from "../../src/graph/edits/slice.ts";
import { featuresOfAudio } from "../../src/inputs/media/mediaInputs.ts";
import { feedsOf } from "../../src/inputs/modelInputs.ts";
import { openFolder } from "../../src/models/folder.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { oneEngine } from "../interventions/engine.ts";

const folder = process.env["INDUCTION_LENS_WHISPER"];
const note = folder === undefined ? " (SKIPPED: INDUCTION_LENS_WHISPER is not set)" : "";

describe.skipIf(folder === undefined)(`a real Whisper${note}`, () => {
  test("has its published alignment heads among those that follow the sound", async () => {
    const backend = await oneEngine();
    const model = await openFolder(folder!, "whisper");
    const tokenizer = (await model.tokenizer())!;
    const text = readFileSync(join(folder!, "speech.txt"), "utf8").trim();
    const start = tokenizer.encode("<|startoftranscript|><|notimestamps|>");
    const ids = [...start, ...tokenizer.encode(` ${text}`)];
    const wav = { name: "speech.wav", bytes: readFileSync(join(folder!, "speech.wav")) };
    const features = await featuresOfAudio(model, [wav]);
    const { layers, heads } = model.architecture;
    const outputs = Array.from(
      { length: layers },
      (_, layer) => `decoder.blocks.${layer}.cross_attn.hook_pattern`,
    );
    const session = await prepare(slice(model.program, { outputs }), backend);
    const trace = await session.run(feedsOf(session.program, { decoder: [ids], features }));
    await session.close();
    await model.close();
    const follows = outputs.flatMap((name) =>
      Array.from({ length: heads }, (_, head) => following(trace.get(name)!, head, start.length)),
    );
    const { alignment_heads: published } = JSON.parse(
      readFileSync(join(folder!, "generation_config.json"), "utf8"),
    ) as { alignment_heads: [number, number][] };
    const own = published.map(([layer, head]) => follows[layer * heads + head]!);
    const middle = follows.toSorted((a, b) => a - b)[follows.length >> 1]!;
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    expect(mean).toBeGreaterThan(0.8);
    expect(mean).toBeGreaterThan(middle);
  });
});

/** Correlation of a token's place with the frame that a head attends to on average, over tokens after the start. */
function following({ data, shape }: Tensor, head: number, from: number): number {
  const [, , queries, keys] = shape as readonly [number, number, number, number];
  const frames = Array.from({ length: queries - from }, (_, index) => {
    const at = (head * queries + from + index) * keys;
    let frame = 0;
    for (let key = 0; key < keys; key++) frame += key * data[at + key]!;
    return frame;
  });
  const places = frames.map((_, place) => place);
  return correlation(places, frames);
}

function correlation(x: readonly number[], y: readonly number[]): number {
  const meanOf = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [meanOf(x), meanOf(y)];
  const product = (a: readonly number[], b: readonly number[], ma: number, mb: number) =>
    a.reduce((sum, value, index) => sum + (value - ma) * (b[index]! - mb), 0);
  return (
    product(x, y, meanX, meanY) /
    Math.sqrt(product(x, x, meanX, meanX) * product(y, y, meanY, meanY))
  );
}
