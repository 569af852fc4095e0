import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Option, type Command } from "commander";
import type { Backend } from "../../base/backend.ts";
import { InputError } from "../../base/errors.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { ModelFiles } from "../../training/checkpointFiles.ts";
import { EXPORT_FORMATS, type ExportFormat } from "../../training/exportFormats.ts";
import { defineCommand } from "../commandSpec.ts";
import { partFlags, type EngineFlags, type OutputFlags } from "../flags/partFlags.ts";
import { engine } from "../flags/sharedFlags.ts";
import type { Frame } from "../frame.ts";
import { textIn } from "../userFile.ts";

interface ExportFlags {
  readonly to: ExportFormat;
}

/** Rounding of sums in another order; a weight in the wrong place moves logits a thousand times further. */
const TOLERANCE = 1e-4;

export const command = defineCommand({
  name: "export",
  description: "write a trained model in the layout of GPT-2 or nanoGPT, and check its logits",
  declare,
  carryOut: async (
    flags: EngineFlags & OutputFlags & ExportFlags,
    [name, out]: readonly [string, string],
  ) => {
    const { inFrame, withModel } = await import("../frame.ts");
    const { common, own } = partFlags<ExportFlags>(flags);
    if (existsSync(out)) throw new InputError("output", `${out} is there already`);
    const { checkFolder } = await import("../../draw/replaceFolder.ts");
    checkFolder(out, []);
    await inFrame(common, (frame) =>
      withModel(frame, name, (model) => exportTo(frame, model, { name, out, to: own.to })),
    );
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", "a folder in TransformerLens' layout, such as a checkpoint, or zoo:NAME")
    .argument("<out>", "folder to make")
    .addOption(
      new Option("--to <format>", "Hugging Face's GPT-2, nanoGPT's ckpt.pt, or TransformerLens")
        .choices(EXPORT_FORMATS)
        .makeOptionMandatory(),
    );
  return engine(withFlags).addHelpText("after", EXPORTABLE);
}

/** The default recipe of train is one that neither layout has a place for. */
const EXPORTABLE = `
A run of train that all formats have a place for:
  induction-lens train RUN --positions learned --mlp 512 --width 128 --activation gelu --tied --biases none
  induction-lens export RUN FOLDER --to nanogpt`;

async function exportTo(
  frame: Frame,
  model: LoadedModel,
  { name, out, to }: { readonly name: string; readonly out: string; readonly to: ExportFormat },
): Promise<void> {
  const { parseModelName } = await import("../../models/modelName.ts");
  const { zooFolder } = await import("../../models/zoo/openZoo.ts");
  const { replaceFolder } = await import("../../draw/replaceFolder.ts");
  const { withModel } = await import("../frame.ts");
  if (model.architecture.family !== "transformer_lens")
    throw new InputError(
      "export",
      `export needs a model in TransformerLens' layout, ${name} is of the family ${model.architecture.family}`,
    );
  const { lastCheckpoint } = await import("../../models/lastCheckpoint.ts");
  const parts = parseModelName(name);
  const path = parts.kind === "zoo" ? await zooFolder(parts.name) : name;
  const own = existsSync(join(path, "config.json"));
  const folder = own ? path : ((await lastCheckpoint(path)) ?? path);
  const files = await filesOf(model, folder, to);
  replaceFolder(out, files);
  try {
    const backend = await frame.openEngine();
    const apart = await withModel(frame, out, (saved) => largestDifference(model, saved, backend));
    if (!(apart <= TOLERANCE)) throw new Error(`internal: exported logits differ by ${apart}`);
    process.stdout.write(
      `wrote ${[...files.keys()].join(", ")} in ${out}; loaded back, its logits differ by at most ${apart.toExponential(1)}\n`,
    );
  } catch (error) {
    rmSync(out, { recursive: true, force: true });
    throw error;
  }
}

async function filesOf(model: LoadedModel, folder: string, to: ExportFormat): Promise<ModelFiles> {
  const { readTensor } = await import("../../formats/readTensor.ts");
  const { exportModel } = await import("../../training/exportModel.ts");
  const { readJson } = await import("../../models/folder.ts");
  const { parsedObject } = await import("../../text/tokenizer/tokenizerFromJson.ts");
  const path = join(folder, "tokenizer.json");
  const text = existsSync(path) ? await textIn(path) : null;
  const tokenizer = text === null ? null : parsedObject(text, path);
  const weights = await Promise.all(
    model.program.weights.map(async ({ name, stored }) => ({
      name,
      shape: stored.shape,
      data: await readTensor(stored),
    })),
  );
  const config = await readJson(join(folder, "config.json"), folder);
  const files = exportModel({ config, weights, characters: charactersOf(tokenizer) }, to);
  if (text === null || to === "nanogpt") return files;
  return new Map([...files, ["tokenizer.json", new TextEncoder().encode(text)]]);
}

/** The characters of a tokenizer without merges, in the order of their ids; null for other tokenizers. */
function charactersOf(tokenizer: object | null): string[] | null {
  const { vocab, merges } = (tokenizer as { model?: { vocab?: object; merges?: [] } })?.model ?? {};
  if (!vocab || merges?.length !== 0) return null;
  const inOrder = (Object.entries(vocab) as [string, number][]).sort(([, a], [, b]) => a - b);
  return inOrder.map(([character]) => character);
}

/** Of logits, in the whole context of a few random rows. */
async function largestDifference(
  source: LoadedModel,
  other: LoadedModel,
  backend: Backend,
): Promise<number> {
  const { prepare } = await import("../../runtime/prepare.ts");
  const { random } = await import("../../base/random.ts");
  const { tensor } = await import("../../base/tensor.ts");
  const { contextLength, vocabulary } = source.architecture;
  const draw = random(0);
  const ids = Int32Array.from({ length: 2 * contextLength }, () => draw.integer(0, vocabulary - 1));
  const tokens = tensor(["batch", "position"], [2, contextLength], ids);
  const [a, b] = [await logits(source), await logits(other)];
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0);
  async function logits({ program }: LoadedModel): Promise<Float32Array> {
    const session = await prepare(program, backend);
    const trace = await session.run(new Map([["tokens", tokens]]));
    await session.close();
    return trace.get("logits")!.data;
  }
}
