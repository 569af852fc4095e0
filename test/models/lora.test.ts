/** @file LoRA adapters merged into their base, against what peft's merge_and_unload makes (tools/make_lora_fixtures.py). */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { readTensor } from "../../src/formats/readTensor.ts";
import { safetensorsBytes } from "../../src/formats/writeSafetensors.ts";
import { openModel } from "../../src/models/open.ts";
import { emptyFolder } from "../cli/cli.ts";
import { numbers, weightsIn } from "./tinyLlama.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures/lora");
const at = (name: string) => join(FIXTURES, name);
const llama = at("llama");

/** A copy of an adapter with its configuration changed. */
function changed(name: string, change: Record<string, unknown>): string {
  const folder = emptyFolder();
  cpSync(at(name), folder, { recursive: true });
  const path = join(folder, "adapter_config.json");
  const config = JSON.parse(readFileSync(path, "utf8")) as object;
  writeFileSync(path, JSON.stringify({ ...config, ...change }));
  return folder;
}

describe("a LoRA adapter", () => {
  test.each([
    ["plain", "llama"],
    ["patterns", "llama"],
    ["dora", "llama"],
    ["saved", "llama"],
    ["embedding", "llama"],
    ["conv1d", "gpt2"],
  ])("%s is merged into its base as peft merges it, within 1e-6", async (name, base) => {
    const ours = await weightsIn(at(name), { base: at(base) });
    const theirs = await weightsIn(at(`${name}-merged`));
    expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
    for (const [weight, values] of Object.entries(theirs))
      values.forEach((value, index) =>
        expect(Math.abs(ours[weight]![index]! - value)).toBeLessThan(1e-6),
      );
    expect(ours).not.toEqual(await weightsIn(at(base)));
  });

  test("goes by the module's own layout, whatever fan_in_fan_out says, as peft does", async () => {
    const ours = await weightsIn(changed("plain", { fan_in_fan_out: true }), { base: llama });
    expect(ours).toEqual(await weightsIn(at("plain"), { base: llama }));
    const gpt2 = await weightsIn(changed("conv1d", { fan_in_fan_out: false }), {
      base: at("gpt2"),
    });
    expect(gpt2).toEqual(await weightsIn(at("conv1d"), { base: at("gpt2") }));
  });

  test("with an embedding of its own leaves the base's as the unembedding, unless it keeps the tie", async () => {
    const folder = changed("conv1d", {});
    const path = join(folder, "adapter_model.safetensors");
    const { weights } = await readSafetensors(bytesInMemory("x", readFileSync(path)));
    const tensors = await Promise.all(
      [...weights].map(async ([name, stored]) => ({
        ...{ name, shape: stored.shape, data: await readTensor(stored) },
      })),
    );
    const wte = numbers([12, 8], 5);
    const more = { name: "base_model.model.transformer.wte.weight", shape: [12, 8], data: wte };
    writeFileSync(path, safetensorsBytes([...tensors, more]));
    const base = await weightsIn(at("gpt2"));
    const apart = await weightsIn(folder, { base: at("gpt2") });
    expect([apart["embed.W_E"], apart["unembed.W_U"]]).toEqual([[...wte], base["embed.W_E"]]);
    const config = join(folder, "adapter_config.json");
    const json = JSON.parse(readFileSync(config, "utf8")) as object;
    writeFileSync(config, JSON.stringify({ ...json, ensure_weight_tying: true }));
    const together = await weightsIn(folder, { base: at("gpt2") });
    expect([together["embed.W_E"], together["unembed.W_U"]]).toEqual([[...wte], undefined]);
  });

  test("without a base names the one that it was trained on", async () => {
    await expect(openModel(at("plain"))).rejects.toThrow(
      `${at("plain")} is a LoRA adapter, which needs the model that it was trained on in \`base\`: its configuration names org/llama`,
    );
    await expect(openModel(changed("plain", { base_model_name_or_path: null }))).rejects.toThrow(
      "names none",
    );
  });

  test("is one though the base's config.json lies beside it, as some tools leave it", async () => {
    const folder = changed("plain", {});
    cpSync(join(llama, "config.json"), join(folder, "config.json"));
    expect(await weightsIn(folder, { base: llama })).toEqual(
      await weightsIn(at("plain"), { base: llama }),
    );
    await expect(openModel(folder)).rejects.toThrow("is a LoRA adapter");
    cpSync(join(llama, "model.safetensors"), join(folder, "model.safetensors"));
    expect(await weightsIn(folder)).toEqual(await weightsIn(llama));
  });

  test("a base for a whole model is refused", async () => {
    for (const name of [llama, "planted:induction"])
      await expect(openModel(name, { base: llama })).rejects.toThrow("is a whole model");
  });

  test("says that it was trained on another base than the one it is merged into", async () => {
    const model = await openModel(at("plain"), { base: llama });
    expect(model.notices).toEqual([
      `the adapter was trained on org/llama, and is merged into ${llama}`,
    ]);
    await model.close();
  });

  test.each([
    ["plain", { r: 3 }, "has rank 4 and 4, its configuration says 3"],
    [
      "plain",
      { target_modules: ["q_proj"] },
      "model.layers.0.self_attn.v_proj is not one of target_modules",
    ],
    ["dora", { use_dora: false }, "has a magnitude, and use_dora is false"],
    ["plain", { peft_type: "LOHA" }, 'needs peft_type LORA, got "LOHA"'],
    [
      "plain",
      { init_lora_weights: "pissa" },
      "a base that was changed first (init_lora_weights pissa)",
    ],
    [
      "plain",
      { layer_replication: [[0, 1]] },
      "replicated layers (layer_replication), which is not merged here",
    ],
    ["plain", { rank_pattern: { "(a+)+": 2 } }, "could take for ever"],
    ["plain", { lora_alpha: "x" }, "lora_alpha"],
  ])("%s with %j is refused", async (name, change, message) => {
    await expect(openModel(changed(name, change), { base: llama })).rejects.toThrow(message);
  });

  test("of another base lists what does not fit", async () => {
    await expect(openModel(at("plain"), { base: at("gpt2") })).rejects.toThrow(
      "the base has no tensor model.layers.0.self_attn.q_proj.weight",
    );
  });
});
