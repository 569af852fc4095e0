/**
 * @file The runs that PATHs of `phase` name: a run's folder, a folder of checkpoints, single checkpoints, `zoo:NAME`,
 * or a hub model.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { InputError } from "../../base/errors.ts";
import { parseJson } from "../../base/parseJson.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { parseModelName } from "../../models/modelName.ts";
import { readZoo, ZOO } from "../../models/zoo/openZoo.ts";
import { zooPlace } from "../../models/zoo/zooIndex.ts";
import type { PhaseResult } from "./result.ts";
import { hubRun, type CheckpointName, type HubRunOptions } from "./commandHubRun.ts";
import { logSpaced } from "./logSpaced.ts";
import { isFile } from "../../models/isFile.ts";

/** Checkpoints that belong together, each by the name under which it is opened. */
export interface RunSource {
  readonly id: string;
  readonly checkpoints: readonly CheckpointName[];
  readonly training: PhaseResult["curves"]["training"];
  /** Tokens of the random Markov chains that the run trained on; left out: it did not. */
  readonly symbols?: readonly number[] | undefined;
}

export type OpenCheckpoint = (checkpoint: CheckpointName) => Promise<LoadedModel>;

export interface SourceOptions extends HubRunOptions {
  /** Only these. */
  readonly steps?: readonly number[] | undefined;
  /** At most so many of each run, evenly on a log scale. Default: all, of a hub model 30. */
  readonly checkpoints?: number | undefined;
}

/** A checkpoint of the hub is a download. */
const OF_HUB = 30;

/**
 * One run for each folder of checkpoints and each hub model; single checkpoints together are one run.
 *
 * @throws {InputError} "checkpoints" for paths without checkpoints, names without a step, or steps that are not there
 */
export async function runSources(
  paths: readonly string[],
  options: SourceOptions,
): Promise<RunSource[]> {
  if (options.steps && options.checkpoints !== undefined)
    throw new InputError("options", "phase takes --steps or --checkpoints, not both");
  const kinds = await Promise.all(paths.map(async (path) => ({ path, kind: await kindOf(path) })));
  const single = kinds.filter(({ kind }) => kind === "checkpoint").map(({ path }) => path);
  const runs = await Promise.all(
    kinds
      .filter(({ kind }) => kind !== "checkpoint")
      .map(({ path, kind }) => RUNS[kind as keyof typeof RUNS](path, options)),
  );
  if (single.length === 0) return runs;
  const checkpoints = single.map((path) => ({ step: stepOf(path), model: path }));
  const id = single.length === 1 ? single[0]! : `${single[0]} to ${basename(single.at(-1)!)}`;
  return [
    ...runs,
    { id, checkpoints: chooseCheckpoints(checkpoints, options, id), training: null },
  ];
}

const RUNS = {
  folder: folderRun,
  zoo: zooRun,
  hub: async (id: string, options: SourceOptions): Promise<RunSource> => {
    const all = await hubRun(id, options);
    const checkpoints = chooseCheckpoints(all, { checkpoints: OF_HUB, ...options }, id);
    if (!options.steps && checkpoints.length < all.length)
      options.notice(
        `${id} has ${all.length} revisions ${options.revisions}; ${checkpoints.length} of them, evenly on a log scale, are measured (--checkpoints, --steps)`,
      );
    return { id, checkpoints, training: null };
  },
} as const;

async function kindOf(path: string): Promise<"checkpoint" | keyof typeof RUNS> {
  const stats = await stat(path).catch(() => null);
  if (!stats) {
    const { kind } = parseModelName(path);
    if (kind === "path") throw new InputError("file", `there is no file or folder ${path}`);
    if (kind === "planted")
      throw new InputError("checkpoints", `phase needs a whole run, as zoo:attn-2l, got ${path}`);
    return kind;
  }
  if (!stats.isDirectory())
    throw new InputError("checkpoints", `phase needs folders of checkpoints, got the file ${path}`);
  return (await isModel(path)) ? "checkpoint" : "folder";
}

/** `checkpoints/` inside a run, or the folder itself. */
async function folderRun(path: string, options: SourceOptions): Promise<RunSource> {
  const inside = join(path, "checkpoints");
  const holder = (await isFolder(inside)) ? inside : path;
  const entries = await readdir(holder, { withFileTypes: true });
  const names: string[] = [];
  for (const entry of entries.filter((item) => !item.name.startsWith(".")))
    if (await isModel(join(holder, entry.name))) names.push(entry.name);
  if (names.length === 0)
    throw new InputError(
      "checkpoints",
      `${path} holds no checkpoints: no folder in it has a config.json or ckpt.pt`,
    );
  const checkpoints = names.map((name) => ({ step: stepOf(name), model: join(holder, name) }));
  return {
    id: path,
    checkpoints: chooseCheckpoints(checkpoints, options, path),
    training: await trainingLog(join(path, "log.jsonl")),
    symbols: await chainSymbols(join(path, "recipe.json")),
  };
}

/** The first ids, as many as the recipe says. */
async function chainSymbols(recipe: string): Promise<number[] | undefined> {
  const text = await readFile(recipe, "utf8").catch(() => null);
  const data = text === null ? null : dataOf(text);
  if (data?.kind !== "markov" || typeof data.symbols !== "number") return undefined;
  return Array.from({ length: data.symbols }, (_, id) => id);
}

/** A recipe.json of another program may be anything. */
function dataOf(text: string): { readonly kind?: unknown; readonly symbols?: unknown } | null {
  try {
    const recipe = parseJson(text) as { readonly data?: object } | null;
    return recipe?.data ?? null;
  } catch {
    return null;
  }
}

/** The steps that the zoo has of a model, and its run's log. */
async function zooRun(id: string, options: SourceOptions): Promise<RunSource> {
  const name = id.replace(/^zoo:/, "");
  const zoo = await readZoo();
  zooPlace(zoo, name); // refuses names that it does not have
  const run = zoo[name];
  if (!run)
    throw new InputError("checkpoints", `phase needs a whole run, as zoo:attn-2l, got ${id}`);
  const checkpoints = run.steps.map((step) => ({ step, model: `${id}@${step}` }));
  const training = await trainingLog(join(ZOO, name, "log.jsonl"));
  return { id, checkpoints: chooseCheckpoints(checkpoints, options, id), training };
}

/** The last number in a name: `step-000120`, `checkpoint-500`, `iter1000`. */
function stepOf(path: string): number {
  const digits = /\d+(?=\D*$)/.exec(basename(resolve(path)))?.[0];
  if (digits !== undefined) return Number(digits);
  throw new InputError(
    "checkpoints",
    `the name of a checkpoint's folder needs its step, such as step-000120, got ${path}`,
  );
}

function chooseCheckpoints(
  checkpoints: readonly CheckpointName[],
  { steps, checkpoints: most }: Pick<SourceOptions, "steps" | "checkpoints">,
  id: string,
): readonly CheckpointName[] {
  const rising = checkpoints.toSorted((a, b) => a.step - b.step);
  if (!steps) return most === undefined ? rising : logSpaced(rising, most);
  const missing = steps.filter(
    (step) => !checkpoints.some((checkpoint) => checkpoint.step === step),
  );
  if (missing.length > 0) {
    const there = rising.map(({ step }) => step);
    throw new InputError(
      "checkpoints",
      `${id} has no checkpoint of step ${missing.join(", ")}; it has ${there.join(", ")}`,
    );
  }
  return rising.filter(({ step }) => steps.includes(step));
}

/** The loss that a run wrote down: on held-out data where every line has it, else of the batch; null without a log. */
async function trainingLog(path: string): Promise<RunSource["training"]> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return null;
  const texts = text.split("\n").filter((line) => line.trim() !== "");
  const lines = texts.flatMap((line, index) => parseLine(path, line, index, texts.length));
  const validations = lines.filter(({ step, validationLoss }) => isPoint(step, validationLoss));
  const what =
    validations.length >= lines.length / 2 && validations.length > 0
      ? "validation loss"
      : "training loss";
  const points = lines
    .map(({ step, loss, validationLoss }) => ({
      step: Number(step),
      loss: what === "validation loss" ? validationLoss : loss,
    }))
    .filter(({ step, loss }) => isPoint(step, loss))
    .sort((a, b) => a.step - b.step)
    .filter(({ step }, index, all) => all[index + 1]?.step !== step); // of a resumed run the later line
  if (points.length === 0) return null;
  return {
    what,
    steps: points.map(({ step }) => step),
    loss: points.map(({ loss }) => Number(loss)),
  };
}

const isPoint = (step: unknown, loss: unknown) =>
  typeof step === "number" && step > 0 && typeof loss === "number" && Number.isFinite(loss);

/** A last line that was cut off belongs to a run that was killed. */
function parseLine(
  path: string,
  line: string,
  index: number,
  count: number,
): Record<string, unknown>[] {
  try {
    return [JSON.parse(line) as Record<string, unknown>];
  } catch (error) {
    if (index === count - 1) return [];
    throw new InputError("file", `${path} has no JSON object in line ${index + 1}`, {
      cause: error,
    });
  }
}

async function isModel(path: string): Promise<boolean> {
  return (await isFile(join(path, "config.json"))) || (await isFile(join(path, "ckpt.pt")));
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path)
    .then((entry) => entry.isDirectory())
    .catch(() => false);
}
