import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../base/errors.ts";
import { random } from "../base/random.ts";
import { tensor } from "../base/tensor.ts";
import { readTensor } from "../formats/readTensor.ts";
import type { LoadedModel } from "../models/loaded.ts";
import { openModel } from "../models/open.ts";
import { zooFolder } from "../models/zoo/openZoo.ts";
import type { Backend } from "../base/backend.ts";
import { prepare } from "../runtime/prepare.ts";
import type { ModelFiles } from "../training/checkpointFiles.ts";
import type { ExportFormat } from "../training/exportFormats.ts";
import { exportModel } from "../training/exportModel.ts";
import { engineFor, type EngineOptions } from "./engine.ts";
import { replaceFolder } from "./training/runFolder.ts";

export interface ExportCommandOptions extends EngineOptions {
  readonly to: ExportFormat;
}

/** Rounding of sums in another order; a weight in the wrong place moves logits a thousand times further. */
const TOLERANCE = 1e-4;

export async function exportCommand(
  name: string,
  out: string,
  { to, ...options }: ExportCommandOptions,
): Promise<void> {
  if (existsSync(out)) throw new InputError("output", `${out} is there already`);
  const folder = name.startsWith("zoo:") ? await zooFolder(name.slice("zoo:".length)) : name;
  const model = await openModel(name);
  if (model.architecture.family !== "transformer_lens")
    throw new InputError(
      "export",
      `export needs a model in TransformerLens' layout, ${name} is of the family ${model.architecture.family}`,
    );
  const files = await filesOf(model, folder, to);
  replaceFolder(out, files);
  const backend = await engineFor(options);
  try {
    const written = await openModel(out);
    const apart = await largestDifference(model, written, backend);
    await written.close();
    if (!(apart <= TOLERANCE)) throw new Error(`internal: exported logits differ by ${apart}`);
    process.stdout.write(
      `wrote ${[...files.keys()].join(", ")} in ${out}; loaded back, its logits differ by at most ${apart.toExponential(1)}\n`,
    );
  } catch (error) {
    rmSync(out, { recursive: true, force: true });
    throw error;
  } finally {
    await model.close();
  }
}

async function filesOf(model: LoadedModel, folder: string, to: ExportFormat): Promise<ModelFiles> {
  const json = (file: string) => JSON.parse(readFileSync(join(folder, file), "utf8")) as object;
  const tokenizer = existsSync(join(folder, "tokenizer.json")) ? json("tokenizer.json") : null;
  const weights = await Promise.all(
    model.program.weights.map(async ({ name, stored }) => ({
      name,
      shape: stored.shape,
      data: await readTensor(stored),
    })),
  );
  const config = json("config.json") as Record<string, unknown>;
  const files = exportModel({ config, weights, characters: charactersOf(tokenizer) }, to);
  if (!tokenizer || to === "nanogpt") return files;
  return new Map([...files, ["tokenizer.json", readFileSync(join(folder, "tokenizer.json"))]]);
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
  one: LoadedModel,
  other: LoadedModel,
  backend: Backend,
): Promise<number> {
  const { contextLength, vocabulary } = one.architecture;
  const draw = random(0);
  const ids = Int32Array.from({ length: 2 * contextLength }, () => draw.integer(0, vocabulary - 1));
  const tokens = tensor(["batch", "position"], [2, contextLength], ids);
  const [a, b] = [await logits(one), await logits(other)];
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0);
  async function logits({ program }: LoadedModel): Promise<Float32Array> {
    const session = await prepare(program, backend);
    const trace = await session.run(new Map([["tokens", tokens]]));
    await session.dispose();
    return trace.get("logits")!.data;
  }
}
