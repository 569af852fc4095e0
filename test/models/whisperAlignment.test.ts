/**
 * @file Whisper's published alignment heads as known answers: cross heads that follow the sound along the text. Needs a real
 * checkpoint, so it runs with INDUCTION_LENS_WHISPER=FOLDER: a Whisper model with generation_config.json (`alignment_heads`),
 * and beside it `speech.wav` (16 kHz) with what is said in it in `speech.txt`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { maxIndex } from "d3-array";
import { describe, expect, test } from "vitest";
import type { Tensor } from "../../src/base/tensor.ts";
import { slice } from "../../src/graph/edits/slice.ts";
import { featuresOfAudio } from "../../src/inputs/media/mediaInputs.ts";
import { feedsOf } from "../../src/inputs/modelInputs.ts";
import { mean } from "../../src/measure/mean.ts";
import { rankCorrelation } from "../../src/measure/rankCorrelation.ts";
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
    const isPublished = follows.map((_, at) =>
      published.some(([layer, head]) => layer * heads + head === at),
    );
    const meanOf = (kind: boolean) => mean(follows.filter((_, at) => isPublished[at] === kind));
    const words = follows.map((value, at) => `${value.toFixed(2)}${isPublished[at] ? "*" : ""}`);
    console.log(`heads that follow the sound (* published): ${words.join(" ")}`);
    for (const [at, value] of follows.entries())
      if (isPublished[at]) expect(value, `${at}`).toBeGreaterThan(0.9);
    expect(meanOf(false)).toBeLessThan(meanOf(true));
  });
});

/**
 * Rank correlation of a token's place with the frame that a head attends to most, over tokens after the start. Not with its mean
 * frame: silence fills the window of 30 seconds, and what little goes there pulls a mean far off.
 */
function following({ data, shape }: Tensor, head: number, from: number): number {
  const [, , queries, keys] = shape as readonly [number, number, number, number];
  const frames = Array.from({ length: queries - from }, (_, index) => {
    const at = (head * queries + from + index) * keys;
    return maxIndex(data.subarray(at, at + keys));
  });
  return rankCorrelation(frames, [...frames.keys()])!;
}
