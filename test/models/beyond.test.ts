/**
 * @file Encoders, encoder-decoders and models that see and hear against what PyTorch computed: patterns, streams, logits of
 * tiny random checkpoints, on every engine.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { INPUT_NAMES, feedsOf, type ModelInputs } from "../../src/inputs/modelInputs.ts";
import { FAMILIES } from "../../src/models/families.ts";
import { openFolder } from "../../src/models/folder.ts";
import { slice } from "../../src/graph/edits/slice.ts";
import type { Program } from "../../src/graph/program.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { backends } from "../runtime/backends.ts";
import type { Config } from "./golden.ts";
import { readAll, shared, unlessShared } from "../shared.ts";

const engines = await backends();
/** Relative to the largest entry of a value; patterns absolutely. float32 sums in another order differ by this. */
const TOLERANCE = 1e-4;
const PATTERN_TOLERANCE = 1e-5;
/**
 * T5 does not scale its scores, so they are large and float32 patterns are coarser: those of the reference itself are up to 1e-5
 * from its float64 ones.
 */
const UNSCALED_TOLERANCE = 2e-5;

type Values = Awaited<ReturnType<typeof readAll>>;

const FILES = ["config.json", "inputs.json", "model.safetensors", "expected.safetensors"];
/** The first three have recurrences; Marian's positions were random, and its files do not hold them. */
const OTHERS = ["mamba", "mamba2", "falcon_mamba", "marian"];

function folders(folder: string | null): string[] {
  if (!folder || !existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => FILES.every((name) => existsSync(join(path, name))))
    .filter((path) => Object.hasOwn({ ...FAMILIES, llava: true, gemma3: true }, modelType(path)));
}

function modelType(path: string): string {
  const config = JSON.parse(readFileSync(join(path, "config.json"), "utf8")) as Config;
  return String(config["model_type"]);
}

const GOLDENS = [
  ...folders(shared("goldens")).filter((path) => !OTHERS.includes(basename(path))),
  ...folders(join(import.meta.dirname, "../fixtures/beyond")),
  ...folders(process.env["INDUCTION_LENS_MORE_GOLDENS"] ?? null),
];

const { note } = unlessShared("goldens");
describe(`models beyond decoders equal the reference implementation${note}`, () => {
  for (const path of GOLDENS) {
    for (const engine of engines) {
      test(`${path.split("/").slice(-2).join("/")} on ${engine.device}`, async () => {
        const model = await openFolder(path, "golden");
        const expected = await readAll(join(path, "expected.safetensors"));
        const inputs = inputsOf(path, expected);
        const program = inputs.pixels && model.seeing ? model.seeing : model.program;
        const hookNames = [...expected.keys()].filter((name) => !(name in inputs));
        const names = new Map(hookNames.map((name) => [name, ours(program, name)]));
        const outputs = [...names.values()].flat();
        const session = await prepare(slice(program, { outputs }), engine);
        const trace = await session.run(feedsOf(session.program, inputs));
        await session.close();
        await model.close();
        for (const [name, candidates] of names)
          expectClose(
            name,
            candidates.map((candidate) => trace.get(candidate)!),
            expected.get(name)!,
            /5$/.test(model.architecture.family) ? UNSCALED_TOLERANCE : PATTERN_TOLERANCE,
          );
      });
    }
  }
});

function inputsOf(path: string, expected: Values): ModelInputs {
  const json = JSON.parse(readFileSync(join(path, "inputs.json"), "utf8")) as ModelInputs;
  const arrays = [...expected].filter(([name]) => ["pixels", "features"].includes(name));
  const entries = [...Object.entries(json), ...arrays];
  return Object.fromEntries(
    entries.filter(([name]) => INPUT_NAMES.some((input) => input === name)),
  );
}

/**
 * Our names of a value. The reference keeps the stream before each block as `hidden.L.state`, and as the last of them the
 * end of the stream before or after its norm, as the model's code has it.
 */
function ours({ ops }: Program, name: string): string[] {
  const outputNames = new Set(ops.map(({ output }) => output));
  const [, prefix = "", layer] = /^(.*?)hidden\.(\d+)\.state$/.exec(name) ?? [];
  const ofLast = /^(.*?)last$/.exec(name)?.[1];
  if (layer === undefined && ofLast === undefined) return [name];
  const before = `${prefix}blocks.${layer}.hook_resid_pre`;
  if (outputNames.has(before)) return [before];
  const at = ofLast ?? prefix;
  const layers = ops.filter(
    ({ output }) =>
      output.startsWith(`${at}blocks.`) && /blocks\.\d+\.hook_resid_post$/.test(output),
  );
  return [
    layers.at(-1)!.output,
    ...[`${at}ln_final.hook_normalized`, `${at}ln_final.gained`].filter((candidate) =>
      outputNames.has(candidate),
    ),
  ];
}

interface Numbers {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** One of the candidates equals what is wanted; there is one candidate unless the reference leaves open which it keeps. */
function expectClose(
  name: string,
  candidates: readonly Numbers[],
  want: Numbers,
  patterns: number,
): void {
  const faults = candidates.map((got) => faultOf(name, got, want, patterns));
  if (faults.every((fault) => fault !== null)) expect.fail(faults.join("; "));
}

function faultOf(name: string, got: Numbers, want: Numbers, patterns: number): string | null {
  if (got.shape.join() !== want.shape.join())
    return `${name} is ${got.shape.join(" x ")}, the reference has ${want.shape.join(" x ")}`;
  const largest = want.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const allowed = name.endsWith("hook_pattern") ? patterns : TOLERANCE * largest;
  const wrong = want.data.findIndex((value, at) => !(Math.abs(got.data[at]! - value) <= allowed));
  return wrong < 0
    ? null
    : `${name}[${wrong}] is ${got.data[wrong]}, the reference has ${want.data[wrong]}`;
}
