/** @file Everything that decides a training run, as JSON: the same recipe gives the same weights, bit for bit, on one engine. */
import { z } from "zod";
import { InputError } from "../base/errors.ts";
import { faultSentences } from "../base/faultSentences.ts";
import { isObject } from "../base/isObject.ts";
import type { ModelShape } from "./modelShape.ts";
import { logSpacedSteps } from "./schedule.ts";

const count = z.int().positive();

const model = z.strictObject({
  family: z.enum(["transformer_lens", "llama", "mamba2", "t5"]).default("transformer_lens"),
  vocabulary: count,
  contextLength: count,
  layers: count,
  heads: count,
  kvHeads: count.nullable().default(null).describe("llama: heads of keys and values"),
  states: count.nullable().default(null).describe("mamba2: numbers in the state of a channel"),
  dModel: count,
  dMlp: count.nullable().default(null).describe("null: attention only"),
  activation: z.enum(["relu", "gelu", "gelu_new", "silu"]).default("gelu_new"),
  positions: z
    .enum(["learned", "shortformer", "rotary", "alibi", "relative", "none"])
    .default("rotary"),
  norm: z.enum(["LN", "RMS"]).nullable().default("LN"),
  smearedKeys: z.boolean().default(false),
  tied: z.boolean().default(false),
  biases: z.enum(["all", "inner", "none"]).default("inner"),
});

/** What rows are made of; `T` is the context length. */
const data = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("repeated").describe("a block of different tokens, again and again"),
    period: count,
  }),
  z.strictObject({
    kind: z
      .literal("periodic")
      .describe("random tokens, repeated with a period drawn for each row"),
    minPeriod: count.default(4),
    maxPeriod: count,
  }),
  z.strictObject({
    kind: z.literal("bigram").describe("a fixed random bigram table, with earlier spans repeated"),
    successors: count.default(4).describe("tokens that may follow a token"),
    repeats: z.number().min(0).max(1).default(0.1).describe("chance of a repeat at each place"),
    minSpan: count.default(4),
    maxSpan: count.default(16),
  }),
  z.strictObject({
    kind: z
      .literal("copied")
      .describe(
        "t5: random tokens that the encoder reads and the decoder writes, as many in all rows of a step",
      ),
    minLength: count.default(4),
    maxLength: count,
  }),
  z.strictObject({
    kind: z
      .literal("markov")
      .describe("a random Markov chain for each row: only the row itself tells what comes next"),
    symbols: count.min(2).default(4).describe("tokens that rows are made of: the first ids"),
  }),
  z.strictObject({
    kind: z.literal("text").describe("windows of a text, one token per character"),
    file: z.string(),
    sha256: z.string(),
    characters: z.array(z.string()).describe("in the order of their ids"),
    validation: z.number().min(0).lt(1).default(0.1).describe("last share of the text, held out"),
  }),
]);

const optimiser = z.strictObject({
  learningRate: z.number().nonnegative(),
  warmUp: z.int().nonnegative().default(50).describe("steps of linear rise"),
  floor: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("share of the rate that the cosine ends at"),
  betas: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]).default([0.9, 0.99]),
  eps: z.number().positive().default(1e-8),
  weightDecay: z.number().nonnegative().default(0.01),
  clip: z.number().positive().nullable().default(1),
});

export const RECIPE_FORMAT = "induction-lens/recipe@1";

export const recipeSchema = z.strictObject({
  format: z.literal(RECIPE_FORMAT),
  model,
  data,
  optimiser,
  batch: count,
  steps: count,
  seed: z
    .int()
    .min(-(2 ** 31))
    .max(2 ** 31 - 1),
  logEvery: count.describe("steps between two lines of the log"),
  checkpoints: z.array(z.int().nonnegative()).describe("steps after which the model is kept"),
});

/** A run, decided in full. */
export type Recipe = z.infer<typeof recipeSchema>;
export type TrainingData = Recipe["data"];

/** Arrays of any depth may be readonly. */
type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T;
type WrittenRecipe = Frozen<z.input<typeof recipeSchema>>;
/** All members may be left out, or undefined. */
type Optional<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** A recipe as a person writes it: what is left out is the default. */
export interface RecipeInput extends Optional<
  Omit<WrittenRecipe, "model" | "optimiser" | "checkpoints">
> {
  /** Family, sizes and parts of the model; left out: two attention-only layers of four heads. */
  readonly model?: Optional<WrittenRecipe["model"]> | undefined;
  /** AdamW with a linear rise and a cosine; left out: a learning rate of .004. */
  readonly optimiser?: Optional<WrittenRecipe["optimiser"]> | undefined;
  /** Steps, or how many, spaced evenly on a log scale. */
  readonly checkpoints?: number | readonly number[] | undefined;
}

/** The model that the zoo's attn-2l is, and data that make it an induction model within a minute. */
export const RECIPE_DEFAULTS = {
  model: { vocabulary: 64, contextLength: 64, layers: 2, heads: 4, dModel: 64 },
  optimiser: { learningRate: 4e-3 },
  run: { batch: 32, steps: 1500, seed: 0, logEvery: 50 },
  checkpoints: 20,
} as const;

/** What a family has that knows no positions and has one kind of norm. */
const MAMBA2_DEFAULTS = { positions: "none", norm: "RMS", states: 32 } as const;

/** What T5 has, whose feed-forwards are as wide as its stream times four unless something else is said. */
const T5_DEFAULTS = { positions: "relative", norm: "RMS", activation: "relu" } as const;

/** What a family has unless something else is said. */
const FAMILY_DEFAULTS: Readonly<Record<string, object>> = {
  mamba2: MAMBA2_DEFAULTS,
  t5: T5_DEFAULTS,
};

/**
 * The whole recipe.
 *
 * @throws {InputError} "recipe" for keys that are not known, values of another kind, or parts that do not fit together,
 *   all of them listed
 */
export function recipeFrom(input: RecipeInput = {}): Recipe {
  if (!isObject(input as unknown))
    throw new InputError("recipe", "a recipe must be an object of keys");
  const values = withoutGaps(input);
  const steps = values.steps ?? RECIPE_DEFAULTS.run.steps;
  const contextLength = values.model?.contextLength ?? RECIPE_DEFAULTS.model.contextLength;
  const { checkpoints = RECIPE_DEFAULTS.checkpoints } = values;
  const family = values.model?.family;
  const whole = {
    format: RECIPE_FORMAT,
    ...RECIPE_DEFAULTS.run,
    ...values,
    model: {
      ...RECIPE_DEFAULTS.model,
      ...FAMILY_DEFAULTS[String(values.model?.family)],
      ...(family === "t5" && {
        dMlp: 4 * Number(values.model?.dModel ?? RECIPE_DEFAULTS.model.dModel),
      }),
      ...charactersOf(values),
      ...withoutGaps(values.model),
    },
    data: values.data ?? defaultData(family, contextLength),
    optimiser: { ...RECIPE_DEFAULTS.optimiser, ...withoutGaps(values.optimiser) },
    checkpoints:
      typeof checkpoints === "number" ? logSpacedSteps(Number(steps), checkpoints) : checkpoints,
  };
  const reading = recipeSchema.safeParse(whole);
  const faults = reading.success
    ? misfits(reading.data)
    : faultSentences(reading.error.issues, whole);
  if (faults.length > 0 || !reading.success)
    throw new InputError("recipe", `the recipe cannot be used: ${faults.join("; ")}`);
  return reading.data;
}

/** Rows that an encoder reads and a decoder writes are as long as fit, with the token before or after them. */
function defaultData(family: string | undefined, contextLength: number): TrainingData {
  return family === "t5"
    ? { kind: "copied", minLength: 4, maxLength: Math.max(4, contextLength - 1) }
    : { kind: "periodic", minPeriod: 4, maxPeriod: Math.max(4, Math.floor(contextLength / 2)) };
}

/** Without members that are undefined, which mean the default; a value that is not an object stays as it is, to be refused. */
function withoutGaps<Input>(input: Input): Input {
  if (!isObject(input)) return input;
  const entries = Object.entries(input).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Input;
}

function charactersOf({ data: textData }: RecipeInput): { vocabulary?: number } {
  return textData?.kind === "text" && Array.isArray(textData.characters)
    ? { vocabulary: textData.characters.length }
    : {};
}

/** Parts that do not fit together, in words. */
function misfits({ model: m, data: d, checkpoints, steps }: Recipe): string[] {
  const head = m.dModel / m.heads;
  const llama = m.family === "llama";
  const rules: readonly (readonly [boolean, string])[] = [
    [!Number.isInteger(head), `dModel ${m.dModel} must be a multiple of heads ${m.heads}`],
    [
      m.positions === "rotary" && head % 2 === 1,
      `rotary positions need heads of even width, got ${head}`,
    ],
    [
      m.kvHeads !== null && m.heads % m.kvHeads !== 0,
      `heads ${m.heads} must be a multiple of kvHeads ${m.kvHeads}`,
    ],
    [m.kvHeads !== null && m.kvHeads !== m.heads && !llama, "kvHeads needs the family llama"],
    [
      llama && (m.positions !== "rotary" || m.norm !== "RMS" || m.dMlp === null),
      "the family llama needs positions rotary, norm RMS and a dMlp",
    ],
    [
      m.smearedKeys && m.family !== "transformer_lens",
      "smearedKeys needs the family transformer_lens",
    ],
    [
      m.positions === "alibi" && m.family !== "transformer_lens",
      "positions alibi needs the family transformer_lens",
    ],
    ...scanRules(m),
    ...crossRules(m, d),
    [m.contextLength < 8, `contextLength must be at least 8, got ${m.contextLength}`],
    [m.vocabulary < 8, `vocabulary must be at least 8, got ${m.vocabulary}`],
    [checkpoints.some((step) => step > steps), `checkpoints must be at most steps ${steps}`],
    ...dataRules(d, m),
  ];
  return rules.flatMap(([broken, words]) => (broken ? [words] : []));
}

function scanRules(m: Recipe["model"]): readonly (readonly [boolean, string])[] {
  const scans = m.family === "mamba2";
  return [
    [m.positions === "none" && !scans, "positions none needs the family mamba2"],
    [m.states !== null && !scans, "states needs the family mamba2"],
    [
      scans && (m.positions !== "none" || m.norm !== "RMS" || m.dMlp !== null || m.states === null),
      "the family mamba2 needs positions none, norm RMS, states and no dMlp",
    ],
  ];
}

function crossRules(
  m: Recipe["model"],
  { kind }: TrainingData,
): readonly (readonly [boolean, string])[] {
  const crosses = m.family === "t5";
  return [
    [m.positions === "relative" && !crosses, "positions relative needs the family t5"],
    [kind === "copied" && !crosses, "data of kind copied needs the family t5"],
    [crosses && kind !== "copied", `the family t5 needs data of kind copied, got ${kind}`],
    [
      crosses && (m.positions !== "relative" || m.norm !== "RMS" || m.dMlp === null),
      "the family t5 needs positions relative, norm RMS and a dMlp",
    ],
  ];
}

function dataRules(
  d: TrainingData,
  m: Pick<ModelShape, "vocabulary" | "contextLength">,
): readonly (readonly [boolean, string])[] {
  if (d.kind === "repeated")
    return [
      [
        d.period < 2 || d.period > m.contextLength / 2 || d.period > m.vocabulary,
        `data.period must be from 2 to half the contextLength and to the vocabulary, got ${d.period}`,
      ],
    ];
  if (d.kind === "copied")
    return [
      [
        d.minLength < 3 || d.minLength > d.maxLength || d.maxLength >= m.contextLength,
        `lengths must be from 3 to less than the contextLength, got ${d.minLength} to ${d.maxLength}`,
      ],
    ];
  if (d.kind === "periodic")
    return [
      [
        d.minPeriod < 2 || d.minPeriod > d.maxPeriod || d.maxPeriod > m.contextLength,
        `periods must be from 2 to the contextLength, got ${d.minPeriod} to ${d.maxPeriod}`,
      ],
    ];
  if (d.kind === "bigram")
    return [
      [
        d.successors > m.vocabulary,
        `data.successors must be at most the vocabulary, got ${d.successors}`,
      ],
      [
        d.minSpan < 2 || d.minSpan > d.maxSpan || d.maxSpan > m.contextLength / 2,
        `spans must be from 2 to half the contextLength, got ${d.minSpan} to ${d.maxSpan}`,
      ],
    ];
  if (d.kind === "markov")
    return [
      [d.symbols > m.vocabulary, `data.symbols must be at most the vocabulary, got ${d.symbols}`],
    ];
  return [
    [
      d.characters.length > m.vocabulary,
      `the text has ${d.characters.length} characters, vocabulary is ${m.vocabulary}`,
    ],
  ];
}

/** The model that a recipe trains. */
export function shapeOf({ model: { dMlp, kvHeads, states, ...rest } }: Recipe): ModelShape {
  return {
    ...rest,
    ...(dMlp !== null && { dMlp }),
    ...(kvHeads !== null && { kvHeads }),
    ...(states !== null && { states }),
  };
}

/**
 * What differs between two recipes, one line for each key: `optimiser.learningRate: 0.004, now 0.001`. Where the text lies
 * does not count as long as it is the same.
 */
export function recipeDifferences(before: Recipe, now: Recipe): string[] {
  const [a, b] = [leaves(before), leaves(now)];
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((key) => key !== "data.file" && a.get(key) !== b.get(key))
    .map((key) => `${key}: ${a.get(key) ?? "not there"}, now ${b.get(key) ?? "not there"}`);
}

function leaves(value: unknown, at = ""): Map<string, string> {
  if (!isObject(value)) return new Map([[at, JSON.stringify(value)]]);
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [
      ...leaves(inner, at === "" ? key : `${at}.${key}`),
    ]),
  );
}
