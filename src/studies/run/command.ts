import { dirname, extname, resolve } from "node:path";
import type { Command } from "commander";
import { InputError } from "../../base/errors.ts";
import { byteSize } from "../../base/byteSize.ts";
import { sizeOf } from "../../base/tensor.ts";
import type { SafetensorsFile } from "../../formats/safetensorsFile.ts";
import { plural } from "../../base/plural.ts";
import { checkPlace } from "../../draw/replaceFile.ts";
import { defineCommand } from "../../cli/commandSpec.ts";
import {
  partFlags,
  type EngineFlags,
  type ModelFlags,
  type OutputFlags,
} from "../../cli/flags/partFlags.ts";
import { MODEL, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { collectTexts, commaList } from "../../cli/flags/values.ts";
import type { Frame } from "../../cli/frame.ts";
import type { FromWork } from "../../cli/messages.ts";
import type { InputsFor } from "../../cli/inputsFile.ts";
import { readRows } from "../../cli/tokensFile.ts";
import type { ModelInputs } from "../../inputs/modelInputs.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { CapturedValue, Receiver } from "./runModel.ts";

interface RunFlags {
  readonly tokens?: string | undefined;
  readonly inputs?: string | undefined;
  readonly text?: readonly string[] | undefined;
  readonly capture?: readonly string[] | undefined;
  readonly list?: boolean | undefined;
}

/** It has no Result: what it computes goes into the file as it comes. */
export const command = defineCommand({
  name: "run",
  description: "run a model on your inputs and save any named values as safetensors",
  declare: (command: Command) =>
    withSharedFlags(
      command
        .argument("<model>", MODEL)
        .option("--tokens <file>", 'rows to run, as they are: {"tokens": [[...]]}')
        .option(
          "--text <text>",
          "a text to run, for a model with a tokenizer; may repeat",
          collectTexts,
        )
        .option(
          "--inputs <file>",
          'what a model of any kind reads: {"tokens": [[...]]}, {"encoder": [[...]], "decoder": [[...]]}, "pixels": "x.png", "features": "x.wav"',
        )
        .option(
          "--capture <names>",
          "values to save: names or globs with *, separated by commas; logits too",
          commaList,
        )
        .option("--out <file>", "the safetensors file to write", (file) => [file])
        .option("--list", "print the names that --capture takes, with their axes, and run nothing"),
    ),
  carryOut: async (
    flags: EngineFlags & ModelFlags & OutputFlags & RunFlags,
    [name]: readonly [string],
  ) => {
    const { inFrame } = await import("../../cli/frame.ts");
    const { common, own } = partFlags<RunFlags>(flags);
    if (own.list) return inFrame(common, (frame) => list(frame, name));
    const out = common.output.out?.[0];
    const patterns = own.capture;
    if (out === undefined || patterns === undefined)
      throw new InputError(
        "options",
        "run needs --capture NAMES and --out FILE, or --list for the names that there are",
      );
    if (extname(out) !== ".safetensors")
      throw new InputError("output", `run writes .safetensors, got ${out}`);
    checkPlace(out);
    const inputs = await inputsOf(own);
    await inFrame(common, (frame) => capture(frame, name, inputs, patterns, out));
  },
});

/** What is run: texts wait for the model's tokenizer, images and audio for what its files say. */
type Inputs = ModelInputs | { readonly texts: readonly string[] } | InputsFor;

async function inputsOf({ tokens, inputs, text }: RunFlags): Promise<Inputs> {
  if ([tokens, inputs, text].filter((value) => value !== undefined).length !== 1)
    throw new InputError("options", "run needs one of --text, --tokens and --inputs");
  if (text !== undefined) return { texts: text };
  if (tokens !== undefined) return { tokens: await readRows(tokens) };
  const { readInputs } = await import("../../cli/inputsFile.ts");
  return readInputs(inputs!);
}

async function loadInputs(model: LoadedModel, inputs: Inputs): Promise<ModelInputs> {
  if (typeof inputs === "function") return inputs(model);
  if (!("texts" in inputs)) return inputs;
  const { promptRows } = await import("../../inputs/promptRows.ts");
  return { tokens: (await promptRows(model, inputs.texts)).rows };
}

/** Every name that a glob may match, with its axes: those of the model have their sizes. */
async function list(frame: Frame, name: string): Promise<void> {
  const { withModel } = await import("../../cli/frame.ts");
  const { listValues } = await import("./runModel.ts");
  await withModel(
    frame,
    name,
    ({ program }) => {
      const values = listValues(program);
      const width = Math.max(...values.map((value) => value.name.length));
      const lines = values.map((value) => `${value.name.padEnd(width)}  ${value.axes}\n`);
      process.stdout.write(lines.join(""));
      return Promise.resolve();
    },
    { factsOnly: true },
  );
}

async function capture(
  frame: Frame,
  name: string,
  request: Inputs,
  patterns: readonly string[],
  out: string,
): Promise<void> {
  const { withModel } = await import("../../cli/frame.ts");
  const { matchValues, programFor, runModel } = await import("./runModel.ts");
  const { signal, progress } = frame;
  const backend = await frame.openEngine();
  await withModel(frame, name, async (model) => {
    const inputs = await loadInputs(model, request);
    const names = matchValues(programFor(model, inputs), patterns);
    let file: SafetensorsFile | null = null;
    const begin = async (values: readonly CapturedValue[]) => {
      await checkRoom(out, values);
      file = await createFile(out, values, { model: model.id, sha256: model.sha256 });
    };
    try {
      const receive: Receiver = (value, first, { data }) =>
        file!.write(value.name, first * innerOf(value), data);
      const options = { backend, inputs, names, receive, begin, signal, progress };
      await runModel(model, options);
      await (file as SafetensorsFile | null)?.commit();
    } catch (error) {
      await (file as SafetensorsFile | null)?.abort();
      throw error;
    }
    frame.done(`wrote ${out} (${plural(names.length, "value")})`);
  });
}

/** @throws {InputError} "output" if the disk has less room than the values need */
async function checkRoom(out: string, values: readonly CapturedValue[]): Promise<void> {
  const { statfs } = await import("node:fs/promises");
  const sizeBytes = values.reduce((sum, value) => sum + planOf(value).sizeBytes, 0);
  const disk = await statfs(dirname(resolve(out))).catch(() => null); // a folder that is still to be made
  const free = disk && disk.bavail * disk.bsize;
  if (free === null || sizeBytes <= free) return;
  throw new InputError(
    "output",
    `${values.length} values need ${byteSize(sizeBytes, "up")} in ${out}, and its disk has ${byteSize(free, "down")} left; capture fewer`,
  );
}

/** The supervisor removes what is half written if this process cannot. */
async function createFile(
  out: string,
  values: readonly CapturedValue[],
  about: Readonly<Record<string, string>>,
): Promise<SafetensorsFile> {
  const { createSafetensorsFile } = await import("../../formats/safetensorsFile.ts");
  const file = await createSafetensorsFile(out, values.map(planOf), about);
  process.send?.({ temporary: file.temporary } satisfies FromWork);
  return file;
}

function planOf({ name, shape }: CapturedValue) {
  return {
    name,
    dtype: "F32",
    shape,
    sizeBytes: 4 * sizeOf(shape),
  };
}

/** Values in one row of the batch, which is the first axis of everything that a run gives. */
function innerOf({ shape }: CapturedValue): number {
  return sizeOf(shape.slice(1));
}
