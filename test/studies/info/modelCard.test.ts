import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSafetensors } from "../../../src/formats/safetensors.ts";
import { fileSource } from "../../../src/formats/file.ts";
import { openModel } from "../../../src/models/open.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { modelCard } from "../../../src/studies/info/modelCard.ts";
import { cardResult, type ModelCard } from "../../../src/studies/info/result.ts";
import { cardText } from "../../../src/studies/info/view.ts";
import { score } from "../../../src/studies/score/score.ts";
import { readZoo } from "../../../src/models/zoo/openZoo.ts";
import { circuit } from "../../../src/studies/circuit/circuit.ts";
import { canRun } from "../../../src/studies/common/canRun.ts";
import { lens } from "../../../src/studies/lens/lens.ts";
import { why } from "../../../src/studies/why/why.ts";
import { emptyFolder } from "../../cli/cli.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { shared, unlessShared } from "../../shared.ts";

const GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf";
const backend = await oneEngine();

/** The card of a model that nothing is hashed or decoded of. */
async function cardOf(name: string): Promise<ModelCard> {
  const model = await openModel(name, { factsOnly: true });
  try {
    return cardResult.parse(await modelCard(model));
  } finally {
    await model.close();
  }
}

type Facts = (card: ModelCard) => unknown;

/** What each golden is there for, as its configuration has it. */
const GOLDENS: Readonly<Record<string, readonly [Facts, unknown]>> = {
  gpt2: [
    (card) => [card.attention.positions, card.norm.kind, card.unembedding],
    ["learned", "LN", "tied"],
  ],
  llama: [
    (card) => card.attention.layers[0],
    { layer: 0, window: null, rotary: { type: "default", entries: 8, interleaved: false } },
  ],
  gemma3: [
    (card) => [card.norm.places, new Set(card.attention.layers.map(({ window }) => window)).size],
    ["around", 2],
  ],
  deepseek_v3: [
    (card) => [
      card.attention.latent,
      card.experts?.shared,
      card.attention.layers[0]!.rotary?.interleaved,
    ],
    [true, "plain", true],
  ],
  gpt_oss: [
    (card) => [card.attention.sinks, card.attention.layers[0]!.rotary?.type],
    [true, "yarn"],
  ],
  mixtral: [(card) => card.experts?.perToken, 2],
  bloom: [(card) => [card.attention.positions, card.attention.layers[0]!.rotary], ["alibi", null]],
  smollm3: [(card) => card.attention.layers.some(({ rotary }) => rotary === null), true],
  gemma2: [(card) => [card.attention.scoreSoftcap !== null, card.studies["lens"]], [true, null]],
  granite: [(card) => card.residualMultiplier !== 1, true],
};

describe("modelCard(model)", () => {
  for (const [name, [facts, expected]] of Object.entries(GOLDENS)) {
    const { skip, note } = unlessShared("goldens", name, "config.json");
    test.skipIf(skip)(`says what ${name} is${note}`, async () => {
      const card = await cardOf(shared("goldens", name)!);
      expect(facts(card)).toEqual(expected);
      expect(card.tokenizer).toEqual({
        description: null,
        vocabulary: null,
        none: expect.stringContaining("tokenizer.json"),
      });
      expect(card.bytes.memory.wasm.weightBytes).toBe(3 * 4 * scored(card));
      expect(cardText(card, String)).toMatch(/^family {2,}/m);
    });
  }

  /** The last layer ends at its pattern only where no losses are asked for, so all weights count. */
  function scored({ parameters }: ModelCard): number {
    return parameters.total;
  }

  const { skip, note } = unlessShared("goldens", "mixtral", "config.json");
  test.skipIf(skip)(
    `counts every value of the file once, and of experts those of one token${note}`,
    async () => {
      for (const name of ["llama", "mixtral"]) {
        const file = await fileSource(`${shared("goldens", name)!}/model.safetensors`);
        const { weights } = await readSafetensors(file);
        const { parameters, experts, bytes } = await cardOf(shared("goldens", name)!);
        const values = (pattern: RegExp) =>
          [...weights]
            .filter(([tensor]) => pattern.test(tensor))
            .reduce((sum, [, { shape }]) => sum + shape.reduce((a, b) => a * b, 1), 0);
        expect(bytes.disk).toBe(file.sizeBytes);
        await file.close();
        expect(parameters.total).toBe(values(/./));
        const ofExperts = values(/experts/);
        const idle = experts ? 1 - experts.perToken / experts.count : 0;
        expect(parameters.active).toBe(parameters.total - ofExperts * idle);
      }
    },
  );

  test("describes a planted model, which has no files", async () => {
    const planted = await openPlanted("induction");
    const card = await modelCard(planted);
    expect(card.bytes.disk).toBeNull();
    expect(card.model.sha256).toBe(planted.sha256);
    expect(card.sizes).toMatchObject({ layers: 2, heads: 4 });
    const { image, ...ofText } = card.studies;
    expect(Object.values(ofText).every((reason) => reason === null)).toBe(true);
    expect(image).toContain("writes no text about images");
  });

  test("counts the parameters of every zoo model as zoo.json has them", async () => {
    for (const [name, { parameters }] of Object.entries(await readZoo()))
      expect((await cardOf(`zoo:${name}`)).parameters, name).toEqual({
        total: parameters,
        active: parameters,
      });
  });

  const smollm = unlessShared("data", "smollm2-135m", GGUF);
  test.skipIf(smollm.skip)(
    `describes a quantised GGUF without decoding it${smollm.note}`,
    async () => {
      const card = await cardOf(shared("data", "smollm2-135m", GGUF)!);
      expect(card.parameters.total).toBe(134_515_008); // as Hugging Face counts SmolLM2-135M
      expect(card.sizes).toMatchObject({
        layers: 30,
        heads: 9,
        kvHeads: 3,
        dModel: 576,
        vocabulary: 49_152,
      });
      expect(card.unembedding).toBe("tied");
      expect(card.bytes.disk).toBeLessThan(134_515_008); // about 4.5 bits each
      expect(card.bytes.memory.cpu.weightBytes).toBeGreaterThan(4 * 134_515_008 * 0.99);
      expect(card.tokenizer).toMatchObject({ vocabulary: 49_152, none: null });
    },
  );

  const llama = unlessShared("goldens", "llama", "config.json");
  test.skipIf(llama.skip)(
    `no study runs on a model that was opened for its facts${llama.note}`,
    async () => {
      const model = await openModel(shared("goldens", "llama")!, { factsOnly: true });
      await expect(score(model, { device: "cpu" })).rejects.toMatchObject({ code: "options" });
      await model.close();
    },
  );
});

describe("canRun(study, model)", () => {
  const names = [
    "gpt2",
    "llama",
    "gemma2",
    "gemma3",
    "olmo2",
    "granite",
    "glm4",
    "deepseek_v3",
    "mixtral",
    "bloom",
    "falcon",
  ];
  for (const name of names) {
    const { skip, note } = unlessShared("goldens", name, "config.json");
    test.skipIf(skip)(`says of ${name} what lens, circuit and why then do${note}`, async () => {
      const model = await openModel(shared("goldens", name)!);
      const row = { tokens: [1, 5, 6, 7, 5, 6, 7] };
      const runs = {
        lens: () => lens(model, { backend, numExamples: 2, seqLen: 8 }),
        circuit: () => circuit(model, { backend }),
        why: () => why(model, { backend, head: "1.0", ...row }),
      };
      for (const [study, run] of Object.entries(runs)) {
        const reason = canRun(study as keyof typeof runs, model);
        const outcome = await run().then(
          () => null,
          (error: unknown) => error,
        );
        if (reason === null) expect(outcome, study).toBeNull();
        else
          expect(outcome, study).toMatchObject({
            code: "study",
            message: `${study} cannot run: ${reason}`,
          });
      }
      await model.close();
    });
  }

  const { skip, note } = unlessShared("goldens", "llama", "config.json");
  test.skipIf(skip)(
    `a model without an unembedding scores without losses and refuses what needs logits${note}`,
    async () => {
      const model = await openModel(await headlessFolder(shared("goldens", "llama")!));
      const input = { backend, numExamples: 2, seqLen: 8 };
      const result = await score(model, input);
      expect(result.loss).toBeNull();
      expect(result.warnings[0]).toMatch(/^no losses: this model has no logits/);
      await expect(score(model, { ...input, lossExamples: 1 })).rejects.toThrow(
        /`lossExamples` needs logits/,
      );
      await expect(lens(model, input)).rejects.toMatchObject({ code: "study" });
      expect(canRun("attention", model)).toBeNull();
      await model.close();
    },
  );
});

/** The same model as AutoModel saves it: without lm_head, names without `model.`. */
async function headlessFolder(golden: string): Promise<string> {
  const folder = emptyFolder();
  const file = await fileSource(join(golden, "model.safetensors"));
  const { weights } = await readSafetensors(file);
  const entries = [...weights].filter(([name]) => name !== "lm_head.weight");
  const tensors: Record<string, object> = {};
  const bytes: Uint8Array[] = [];
  let at = 0;
  for (const [name, { type, shape, sizeBytes, offset }] of entries) {
    tensors[name.replace(/^model\./, "")] = {
      dtype: type,
      shape,
      data_offsets: [at, (at += sizeBytes)],
    };
    bytes.push(await file.read(offset, sizeBytes));
  }
  await file.close();
  const header = Buffer.from(JSON.stringify(tensors));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(join(folder, "model.safetensors"), Buffer.concat([length, header, ...bytes]));
  copyFileSync(join(golden, "config.json"), join(folder, "config.json"));
  return folder;
}

test("a scan has channels or heads of its own and no longest row, in words", async () => {
  const textOf = async (name: string) => cardText(await cardOf(name), (text) => text);
  const channels = await textOf("planted:mamba");
  expect(channels).toContain("channels     128, each a scan of its own");
  expect(channels).toContain("no longest row");
  expect(channels).not.toMatch(/1048576|for keys|layers see/);
  expect(await textOf("planted:mamba2")).toContain("heads        4, each a scan of 48 channels");
});

test("a model of several stacks has the facts of each, and none that are of one", async () => {
  const text = cardText(await cardOf("planted:t5"), (words) => words);
  expect(text).toContain("encoder stack  2 layers, 2 heads");
  expect(text).not.toMatch(/^(layers|heads|norms|context) /m);
  expect(text).toMatch(/^can run +score, ablate$/m);
});
