/** @file What people type, and what they meet at once: an answer, or a sentence that names what they typed. */
import { cpSync, openSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cli, emptyFolder, MAIN, pathsIn } from "./cli.ts";

const MODEL = "zoo:attn-2l";

describe("a full disk behind standard output", () => {
  test.skipIf(process.platform !== "linux").each([
    [["--help"], []],
    [["score", MODEL, "--num-examples", "2", "--out", "a.json"], ["a.json"]],
  ])("is one sentence and exit code 2, and files are written all the same: %s", (args, files) => {
    const folder = emptyFolder();
    const stdio = ["ignore", openSync("/dev/full", "w"), "pipe"] as const;
    const env = { PATH: process.env["PATH"], HOME: folder };
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
      ...{ cwd: folder, env, encoding: "utf8", stdio: [...stdio] },
    });
    const message = /error: standard output could not be written: ENOSPC: no space left/g;
    expect(stderr.match(message)).toHaveLength(1);
    expect(stderr).not.toMatch(/ {4}at |Node\.js v/);
    expect([status, pathsIn(folder)]).toEqual([2, files]);
  });
});

describe("refused before any work, in the user's own words:", () => {
  test.each<[string, string]>([
    ["score MODEL --seed 4294967296", "It needs a whole number from -2147483648 to 2147483647."],
    [
      "score MODEL --num-examples 1000000000",
      "at most 134217728 random tokens are drawn at once, got 1000000000",
    ],
    ["patch MODEL --attribution --route k --into 1.0", "so --attribution cannot be used"],
    ["patch MODEL --threshold -1", "--threshold must be 0 or more, got -1"],
    ["patch MODEL --top-k 0", "--top-k needs a whole number from 1 on, got 0"],
    [
      "patch MODEL --clean ab --answer b",
      "a pair of texts needs --clean, --corrupted and --answer",
    ],
    [
      "patch MODEL --prompts p.json --wrong b",
      "--prompts has all texts, so --wrong cannot be used",
    ],
    [
      "patch MODEL --clean a --corrupted b --answer b --seed 1",
      "texts of your own are the rows, so --seed cannot be used",
    ],
    ["patch MODEL --clean a --corrupted b --answer b", "a text needs a tokenizer beside the model"],
    ["lens MODEL --threshold 2", "--threshold must be from 0 to 1, got 2"],
    ["text MODEL words --file words.txt", "a text and --file cannot be combined"],
    ["text MODEL --pairs missing.json", "cannot read missing.json"],
    ["text MODEL words --heads 1.0", "--heads are switched off in --pairs, and there are none"],
    ["phase MODEL --file empty.txt", "the text empty.txt is empty"],
    ["score MODEL --tokens unknown.json", "it has perod, which is not known"],
    ["score MODEL --tokens kinds.json", "tokens must be a list, got 3; period is missing"],
    ["cache list extra", "cache list takes no model, got extra"],
    ["card MODEL --out card.html", "card.html ends in .html, as a file does: choose a name"],
    ["analyse MODEL --out all.tex", "all.tex ends in .tex, as a file does: choose a name"],
    ["analyse MODEL --out all.png", "all.png ends in .png, as a file does: choose a name"],
    ["train new --layers 1000000000", "of memory to train"],
    ["train new --width 1000000000", "of memory to train"],
    ["train new --vocabulary 1000000000", "of memory to train"],
  ])("%s", async (line, words) => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "empty.txt"), "");
    writeFileSync(join(folder, "words.txt"), "words");
    writeFileSync(
      join(folder, "unknown.json"),
      '{"tokens": [[1, 2, 1, 2]], "period": 2, "bos": false, "perod": 2}',
    );
    writeFileSync(join(folder, "kinds.json"), '{"tokens": 3, "bos": true}');
    const before = pathsIn(folder);
    const { code, stdout, stderr } = await cli(folder, line.replace("MODEL", MODEL).split(" "));
    expect(stderr).toContain(words);
    expect([code, stdout]).toEqual([line.startsWith("train") ? 3 : 2, ""]);
    expect(pathsIn(folder)).toEqual(before);
  });
});

test("more threads than there are cores are not used, and that is said", async () => {
  const args = ["score", MODEL, "--num-examples", "2", "--threads", "100000", "--json"];
  const { code, stderr, stdout } = await cli(emptyFolder(), args);
  expect([code, stderr]).toEqual([0, expect.stringContaining("100000 threads are slower than")]);
  expect(JSON.parse(stdout)).toMatchObject({ environment: { device: "cpu" } });
});

test("what tokens --json prints is a row for run", async () => {
  const folder = emptyFolder();
  const printed = { tokenizer: "a", bos: null, tokens: [3, 1, 4].map((id) => ({ id, piece: "" })) };
  writeFileSync(join(folder, "t.json"), JSON.stringify(printed));
  const args = [
    "run",
    MODEL,
    "--tokens",
    "t.json",
    "--capture",
    "logits",
    "--out",
    "a.safetensors",
  ];
  expect(await cli(folder, args)).toMatchObject({ code: 0 });
});

test("run --list prints the names that --capture takes, with their axes", async () => {
  const { code, stdout } = await cli(emptyFolder(), ["run", MODEL, "--list"]);
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(
      /^blocks\.1\.attn\.hook_pattern +\[batch, head=4, query=position, key=position\]$/m,
    ),
  ]);
  expect(stdout).toMatch(/^logits +\[batch, position, d_vocab=\d+\]$/m);
});

test.each<[string, string]>([
  ["run MODEL --text a", "run needs --capture NAMES and --out FILE, or --list"],
  ["run MODEL --text a --capture logits --out a.safetensors", "a text needs a tokenizer"],
  [
    "run MODEL --capture logits --out a.safetensors",
    "run needs one of --text, --tokens and --inputs",
  ],
])("%s is refused by name", async (line, words) => {
  const { code, stderr } = await cli(emptyFolder(), line.replace("MODEL", MODEL).split(" "));
  expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
});

test("tokens says that a tokenizer has ids that the model beside it does not", async () => {
  const folder = emptyFolder();
  cpSync(
    join(import.meta.dirname, "../../zoo/shakespeare/checkpoints/step-002000/tokenizer.json"),
    join(folder, "tokenizer.json"),
  );
  const tokens = async (size: number) => {
    writeFileSync(join(folder, "config.json"), JSON.stringify({ vocab_size: size }));
    return cli(folder, ["tokens", ".", "To be"]);
  };
  expect(await tokens(65)).toMatchObject({ code: 0, stderr: "" });
  expect((await tokens(64)).stderr).toBe(
    "warning: the tokenizer is larger than the model's vocabulary: it has 65 tokens, the model ids from 0 to 63\n",
  );
  const other = await tokens(20);
  expect(other).toMatchObject({ code: 0, stdout: expect.stringContaining('"T"') as string });
  expect(other.stderr).toContain("the tokenizer beside the model is not of this model");
});

test.each(["zoo list", "cache list", "cache list --work", "cache list --decoded"])(
  "%s --json is one JSON object",
  async (line) => {
    const { code, stdout, stderr } = await cli(emptyFolder(), [...line.split(" "), "--json"]);
    expect([code, stderr]).toEqual([0, ""]);
    const list = JSON.parse(stdout) as {
      models?: { model: string }[];
      runs?: unknown[];
      files?: unknown[];
    };
    const names = list.models?.map(({ model }) => model);
    expect(line === "zoo list" ? names : (names ?? list.runs ?? list.files)).toEqual(
      line === "zoo list" ? expect.arrayContaining(["zoo:attn-2l", "zoo:shakespeare"]) : [],
    );
  },
);

test("a tokens file with the mark of the byte order, as Windows writes it, is read", async () => {
  const folder = emptyFolder();
  const tokens = '{"tokens": [[1, 2, 3, 4, 1, 2, 3, 4]],\r\n"period": 4, "bos": false}\r\n';
  writeFileSync(join(folder, "t.json"), `\ufeff${tokens}`);
  const { code, stdout } = await cli(folder, ["score", MODEL, "--tokens", "t.json", "--json"]);
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    expect.objectContaining({ schema: "induction-lens/score@1" }),
  ]);
});
