/** @file The options of `train` as a recipe: a base, and over it what the command line says. */
import { InputError } from "../../base/errors.ts";
import { textData } from "../../training/data/textSplit.ts";
import { recipeFrom, type Recipe, type RecipeInput } from "../../training/recipe.ts";
import { withoutUndefined } from "../../base/withoutUndefined.ts";
import { bytesIn } from "../userFile.ts";

export interface RecipeOptions {
  readonly family?: string | undefined;
  readonly layers?: number | undefined;
  readonly heads?: number | undefined;
  readonly kvHeads?: number | undefined;
  readonly states?: number | undefined;
  readonly width?: number | undefined;
  /** 0: attention only. */
  readonly mlp?: number | undefined;
  readonly activation?: string | undefined;
  readonly positions?: string | undefined;
  readonly norm?: string | undefined;
  readonly smearedKeys?: boolean | undefined;
  readonly tied?: boolean | undefined;
  readonly biases?: string | undefined;
  readonly context?: number | undefined;
  readonly vocabulary?: number | undefined;
  readonly data?: string | undefined;
  readonly text?: string | undefined;
  readonly validation?: number | undefined;
  readonly period?: number | undefined;
  readonly minPeriod?: number | undefined;
  readonly maxPeriod?: number | undefined;
  readonly successors?: number | undefined;
  readonly repeats?: number | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly minSpan?: number | undefined;
  readonly maxSpan?: number | undefined;
  readonly symbols?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly warmUp?: number | undefined;
  readonly floor?: number | undefined;
  readonly betas?: readonly [number, number] | undefined;
  readonly eps?: number | undefined;
  readonly weightDecay?: number | undefined;
  readonly clip?: number | "none" | undefined;
  readonly batch?: number | undefined;
  readonly steps?: number | undefined;
  readonly seed?: number | undefined;
  readonly logEvery?: number | undefined;
  readonly checkpoints?: number | readonly number[] | undefined;
}

/** Options of each kind of data; one of another kind is refused. */
const DATA_KEYS = {
  repeated: ["period"],
  periodic: ["minPeriod", "maxPeriod"],
  bigram: ["successors", "repeats", "minSpan", "maxSpan"],
  copied: ["minLength", "maxLength"],
  markov: ["symbols"],
  text: ["validation"],
} as const;
type Kind = keyof typeof DATA_KEYS;

/** A recipe with its text, where it has one. */
export interface RecipeAndText {
  readonly recipe: Recipe;
  readonly text?: string | undefined;
}

/**
 * @param base a recipe as JSON, whole or in part
 * @throws {InputError} "recipe" or "options" for what cannot be used, "file" if the text cannot be read
 */
export async function recipeOf(base: unknown, options: RecipeOptions): Promise<RecipeAndText> {
  const before = (typeof base === "object" ? base : {}) as RecipeInput;
  const { data, text } = await dataOf(before.data, options);
  const recipe = recipeFrom({
    ...before,
    ...withoutUndefined({
      batch: options.batch,
      steps: options.steps,
      seed: options.seed,
      logEvery: options.logEvery,
      checkpoints: options.checkpoints,
    }),
    ...(data && { data }),
    model: { ...withoutVocabulary(before, data), ...modelOf(options) },
    optimiser: {
      ...before.optimiser,
      ...withoutUndefined({
        learningRate: options.learningRate,
        warmUp: options.warmUp,
        floor: options.floor,
        betas: options.betas,
        eps: options.eps,
        weightDecay: options.weightDecay,
        clip: options.clip === "none" ? null : options.clip,
      }),
    },
  });
  return { recipe, ...(text !== undefined && { text }) };
}

function modelOf(options: RecipeOptions): object {
  return withoutUndefined({
    family: options.family,
    layers: options.layers,
    heads: options.heads,
    kvHeads: options.kvHeads,
    states: options.states,
    dModel: options.width,
    dMlp: options.mlp === 0 ? null : options.mlp,
    activation: options.activation,
    positions: options.positions,
    norm: options.norm === "none" ? null : options.norm,
    smearedKeys: options.smearedKeys,
    tied: options.tied,
    biases: options.biases,
    contextLength: options.context,
    vocabulary: options.vocabulary,
  });
}

/** A new text brings a vocabulary of its own. */
function withoutVocabulary({ model = {}, data: before }: RecipeInput, data: RecipeInput["data"]) {
  const { vocabulary, ...rest } = model;
  const isNew = data?.kind === "text" && before?.kind !== "text";
  return isNew || vocabulary === undefined ? rest : { ...rest, vocabulary };
}

async function dataOf(
  base: RecipeInput["data"],
  options: RecipeOptions,
): Promise<{ readonly data?: RecipeInput["data"]; readonly text?: string }> {
  const kindName = options.text === undefined ? options.data : "text";
  if (options.text !== undefined && options.data !== undefined && options.data !== "text")
    throw new InputError("options", `--text cannot be combined with --data ${options.data}`);
  const usual = options.family === "t5" ? "copied" : "periodic";
  const kind = (kindName ?? base?.kind ?? usual) as Kind;
  const own = withoutUndefined(
    Object.fromEntries(DATA_KEYS[kind].map((key) => [key, options[key]])),
  );
  refuseOthers(kind, options);
  const before = base?.kind === kind ? base : undefined;
  if (kind !== "text") {
    if (kindName === undefined && base === undefined && Object.keys(own).length === 0) return {};
    const context = options.context ?? 64;
    const half = Math.floor(context / 2);
    const start = {
      ...{ periodic: { maxPeriod: half }, repeated: { period: half }, bigram: {}, markov: {} },
      copied: { maxLength: context - 1 },
    }[kind];
    return { data: { kind, ...start, ...before, ...own } as RecipeInput["data"] };
  }
  const textBefore = before as Extract<Recipe["data"], { kind: "text" }> | undefined;
  const file = options.text ?? textBefore?.file;
  if (file === undefined) throw new InputError("options", "--data text needs --text FILE");
  const text = await readText(file);
  const data = textBefore?.sha256
    ? { ...textBefore, file, ...own }
    : await textData(text, { file, ...own });
  return { data, text };
}

function refuseOthers(kind: Kind, options: RecipeOptions): void {
  const others = (Object.keys(DATA_KEYS) as Kind[]).filter((other) => other !== kind);
  const wrong = others.flatMap((other) =>
    DATA_KEYS[other].filter((key) => options[key] !== undefined),
  );
  if (wrong.length === 0) return;
  const flags = wrong.map((key) => `--${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`);
  throw new InputError("options", `data of kind ${kind} has no ${flags.join(", ")}`);
}

async function readText(file: string): Promise<string> {
  const bytes = await bytesIn(file, "the text");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new InputError("file", `the text ${file} must be UTF-8`, { cause });
  }
}
