/** @file Bad use and bad input: exit code 2, a message that names the thing, and nothing written. */
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LARGE, MIDDLE, SMALL, withHeader, writeCheckpoint } from "./checkpoint.ts";
import { cli, emptyFolder, pathsIn, started } from "./cli.ts";

/** What a user has at hand: `model`, a sound checkpoint, and `tokens.json`, rows that fit it. */
async function workplace(): Promise<string> {
  const folder = emptyFolder();
  await writeCheckpoint(folder, "model");
  writeTokens(folder, { tokens: [[0, 1, 2, 3, 1, 2, 3]], period: 3, bos: true });
  return folder;
}

function writeTokens(folder: string, content: unknown): void {
  writeFileSync(join(folder, "tokens.json"), JSON.stringify(content));
}

async function expectRefused(folder: string, args: readonly string[], words: readonly string[]) {
  const before = pathsIn(folder);
  const { code, stdout, stderr } = await cli(folder, args);
  for (const word of words) expect(stderr).toContain(word);
  expect(stderr).not.toContain("fault of induction-lens");
  expect([code, stdout]).toEqual([2, ""]);
  expect(pathsIn(folder)).toEqual(before);
}

describe("a sound checkpoint", () => {
  test("is scored: what the cases below break is the only thing wrong with them", async () => {
    const folder = await workplace();
    const args = ["score", "model", "--tokens", "tokens.json", "--out", "a.json"];
    expect(await cli(folder, args)).toMatchObject({ code: 0 });
    expect(pathsIn(folder)).toContain("a.json");
  });
});

type Change = NonNullable<Parameters<typeof writeCheckpoint>[2]>;

const filled = (value: number): Change => ({
  tensor: (tensor) => {
    if (tensor.name !== "embed.W_E") return tensor;
    const data = Float32Array.from(tensor.data as Float32Array);
    return { ...tensor, data: data.fill(value, 3, 5) };
  },
});

const CHECKPOINTS: readonly (readonly [string, Change, readonly string[]])[] = [
  [
    "truncated safetensors",
    { bytes: (bytes) => bytes.slice(0, -100) },
    ["model.safetensors", "truncated"],
  ],
  [
    "overlapping safetensors",
    { bytes: (bytes) => withHeader(bytes, overlapping) },
    ["model.safetensors", "overlap"],
  ],
  [
    "a tensor of another shape",
    { config: (config) => ({ ...config, d_vocab: 41 }) },
    ["embed.W_E should be 41 x 33, is 40 x 33", "unembed.W_U should be 33 x 41"],
  ],
  [
    "a missing tensor",
    {
      tensor: (tensor) => (tensor.name === "embed.W_E" ? { ...tensor, name: "embed.W_X" } : tensor),
    },
    ["embed.W_E is missing", "embed.W_X has no place"],
  ],
  ["NaN weights", filled(NaN), ["embed.W_E (2 NaN, 0 infinite)"]],
  ["infinite weights", filled(-Infinity), ["embed.W_E (0 NaN, 2 infinite)"]],
  [
    "an unknown architecture",
    { config: () => ({ model_type: "gpt3" }) },
    ['"gpt3" is not supported, did you mean gpt2', "llama"],
  ],
  [
    "a key that is not handled",
    { config: (config) => ({ ...config, residual_multiplier: 0.5 }) },
    ["residual_multiplier = 0.5"],
  ],
];

function overlapping(header: string): string {
  const json = JSON.parse(header) as Record<string, { data_offsets: [number, number] }>;
  const [first, second] = Object.values(json);
  const size = second!.data_offsets[1] - second!.data_offsets[0];
  second!.data_offsets = [first!.data_offsets[0], first!.data_offsets[0] + size];
  return JSON.stringify(json);
}

describe("a checkpoint is refused by name", () => {
  test.each(CHECKPOINTS)("for %s", async (_, changes, words) => {
    const folder = await workplace();
    await writeCheckpoint(folder, "broken", changes);
    await expectRefused(folder, ["score", "broken"], ["error: ", ...words]);
  });

  test("for a missing folder, missing weights, and a missing configuration", async () => {
    const folder = await workplace();
    await expectRefused(folder, ["score", "./nowhere"], ["./nowhere"]);
    rmSync(join(folder, "model", "config.json"));
    await expectRefused(folder, ["score", "model"], ["model has no config.json"]);
    rmSync(join(folder, "model", "model.safetensors"));
    writeFileSync(join(folder, "model", "config.json"), "{}");
    await expectRefused(folder, ["score", "model"], ["needs model.safetensors"]);
    await expectRefused(folder, ["score", "planted:inducton"], ["planted:induction"]);
  });

  test.each([
    ["a small one is written anew", MIDDLE, 1500],
    ["a large one, which engines map, is cut short", LARGE, 20_000],
  ] as const)("when it is overwritten while it is used: %s", async (_, sizes, examples) => {
    const folder = await workplace();
    await writeCheckpoint(folder, "used", { sizes });
    const before = pathsIn(folder);
    const options = ["--num-examples", String(examples), "--loss-examples", "0"];
    const { end, printed } = started(folder, ["score", "used", "--threads", "1", ...options]);
    await printed("scoring");
    const weights = join(folder, "used", "model.safetensors");
    if (sizes === LARGE) truncateSync(weights, 1000);
    else writeFileSync(weights, readFileSync(weights));
    const { code, stdout, stderr } = await end;
    expect(stderr).toContain("must not change while it is in use");
    expect([code, stdout]).toEqual([2, ""]);
    expect(pathsIn(folder)).toEqual(before);
  });
});

const ROWS: readonly (readonly [string, unknown, readonly string[]])[] = [
  ["ids outside the vocabulary", own([[0, 1, 2, 40, 1, 2, 40]]), ["40", "39"]],
  ["ids below 0", own([[0, 1, 2, -3, 1, 2, -3]]), ["-3"]],
  ["ids that are not whole", own([[0, 1, 2.5, 3, 1, 2.5, 3]]), ["2.5"]],
  [
    "rows of unequal length",
    own([
      [0, 1, 2, 3, 1, 2, 3],
      [0, 1],
    ]),
    ["row 1", "7", "2"],
  ],
  ["rows that do not repeat", own([[0, 1, 2, 3, 1, 2, 4]]), ["row 0", "4"]],
  ["no rows", own([]), ["row"]],
  [
    "rows longer than the context",
    own([[...Array(70).keys()].map((id) => id % 35)], 35, false),
    ["64", "70"],
  ],
  [
    "a period of 2, at which the previous token is the induction target",
    own([[0, 1, 2, 1, 2]], 2),
    ["period of 3", "2"],
  ],
  ["a missing period", { tokens: [[0, 1, 2, 1, 2]] }, ["period", "tokens.json"]],
];

function own(tokens: readonly (readonly number[])[], period = 3, bos = true) {
  return { tokens, period, bos };
}

describe("a tokens file is refused", () => {
  test.each(ROWS)("for %s", async (_, content, words) => {
    const folder = await workplace();
    writeTokens(folder, content);
    await expectRefused(folder, ["score", "model", "--tokens", "tokens.json"], words);
  });

  test("if it is missing or not JSON", async () => {
    const folder = await workplace();
    await expectRefused(folder, ["score", "model", "--tokens", "none.json"], ["none.json"]);
    writeFileSync(join(folder, "tokens.json"), "{");
    await expectRefused(folder, ["score", "model", "--tokens", "tokens.json"], ["not JSON"]);
  });
});

const OPTIONS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["an odd --seq-len", ["score", "model", "--seq-len", "33"], ["even", "33"]],
  [
    "a --seq-len that the context has no room for",
    ["score", "model", "--seq-len", "66"],
    ["33", "64", "31"],
  ],
  [
    "a --seq-len that cannot tell induction from the previous token",
    ["score", "model", "--seq-len", "4"],
    ["--seq-len", "6"],
  ],
  ["a --num-examples of 0", ["score", "model", "--num-examples", "0"], ["--num-examples", "1"]],
  [
    "more losses than examples",
    ["score", "model", "--num-examples", "20", "--loss-examples", "30"],
    ["30", "20"],
  ],
  ["a number that is none", ["score", "model", "--seed", "one"], ["--seed", "one"]],
  [
    "--tokens with --seq-len and --bos",
    ["score", "model", "--tokens", "tokens.json", "--seq-len", "8", "--bos", "on"],
    ["--bos, --seq-len"],
  ],
  [
    "--tokens with --num-examples and --seed",
    ["score", "model", "--tokens", "tokens.json", "--num-examples", "8", "--seed", "1"],
    ["--num-examples, --seed"],
  ],
  ["two models", ["score", "model", "--model_name", "model"], ["argument"]],
  [
    "threads for an engine that has one",
    ["score", "model", "--device", "wasm", "--threads", "2"],
    ["wasm", "2"],
  ],
  ["a size without a unit", ["score", "model", "--memory", "600"], ["--memory", "600MB"]],
  ["memory that holds no engine", ["score", "model", "--memory", "10MB"], ["--memory", "10 MB"]],
  [
    "an unknown option",
    ["score", "model", "--num-exampels", "5"],
    ["--num-exampels", "--num-examples"],
  ],
  ["an unknown command", ["scroe", "model"], ["scroe", "score"]],
  ["an unknown choice", ["score", "model", "--bos", "of"], ["--bos", "auto, on, off"]],
  [
    "an output of no known kind",
    ["score", "model", "--out", "scores.jpeg"],
    [".png", "scores.jpeg"],
  ],
  [
    "an output in a place that is a file",
    ["score", "model", "--out", "tokens.json/a.png"],
    ["tokens.json"],
  ],
  [
    "an output that is a folder",
    ["score", "model", "--out", "model.png", "--out", "folder.png"],
    ["folder.png"],
  ],
  ["no command", [], ["Usage"]],
  ["run without its options", ["run", "model"], ["--capture"]],
  [
    "run of a value that is not there",
    run("blocks.0.attn.hook_patern", "a.safetensors"),
    ["blocks.0.attn.hook_pattern"],
  ],
  ["run into a file of another kind", run("logits", "a.npz"), [".safetensors", "a.npz"]],
  ["run into a place that is a file", run("logits", "tokens.json/a.safetensors"), ["tokens.json"]],
];

function run(capture: string, out: string): string[] {
  return ["run", "model", "--tokens", "tokens.json", "--capture", capture, "--out", out];
}

describe("options are refused", () => {
  test.each(OPTIONS)("for %s", async (_, args, words) => {
    const folder = await workplace();
    mkdirSync(join(folder, "folder.png"));
    await expectRefused(folder, args, words);
  });

  test("if they need more distinct tokens than the vocabulary has", async () => {
    const folder = await workplace();
    await writeCheckpoint(folder, "few", { sizes: { ...SMALL, vocabulary: 12 } });
    await expectRefused(folder, ["score", "few", "--seq-len", "32"], ["16", "11"]);
  });

  test.skipIf(process.getuid?.() === 0)(
    "if the output folder may not be written (SKIPPED: for root there is no such folder)",
    async () => {
      const folder = await workplace();
      mkdirSync(join(folder, "locked"), { mode: 0o500 });
      await expectRefused(folder, ["score", "model", "--out", "locked/a.png"], ["locked"]);
    },
  );
});
