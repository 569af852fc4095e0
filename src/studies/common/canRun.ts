/** @file Which studies can run on a model, by what its Program is made of: known before any session is opened. */
import { InputError } from "../../base/errors.ts";
import type { OpName } from "../../graph/ops.ts";
import type { Program } from "../../graph/program.ts";
import { checkIsModel } from "../../models/checkIsModel.ts";
import { anatomy } from "../../models/anatomy/anatomy.ts";
import { lacksLastTokenRuns } from "../../models/anatomy/lastTokenRepeats.ts";
import type { LayerAnatomy, ProgramAnatomy } from "../../models/anatomy/programAnatomy.ts";
import type { Architecture, Model } from "../../models/family.ts";

/** What a study may need of a model: null where the model has it, else why it does not. */
const NEEDS = {
  /** Queries see what is before them alone, so that what comes next can be asked. */
  "a causal mask": (_, { mask }) =>
    mask === "none"
      ? `this model is an encoder: its attention sees both directions, and it does not say what comes next; ${ASKS}`
      : null,
  logits: ({ logits }) => reasonOf(logits),
  /** Logits are a product of the normed end of the stream, before a soft cap where there is one. */
  "an unembedding": ({ end }) => reasonOf(end),
  /** What a head adds to the stream is its share of what its attention adds. */
  "heads that add to the stream": ({ layers }) =>
    firstOf(
      layers,
      ({ attention }) => reasonOf(attention.projection) ?? reasonOf(attention.passage),
    ),
  /** Queries, keys and values are each a product of the normed stream and one weight. */
  "projections of the stream": ({ layers }) =>
    firstOf(
      layers,
      ({ attention: { queries, keys, values } }) =>
        reasonOf(queries.projection) ?? reasonOf(keys.projection) ?? reasonOf(values.projection),
    ),
  /** A change of the keys that one query head reads leaves those of others as they are. */
  "keys of each query head": ({ layers }, { heads, kvHeads }) =>
    firstOf(layers, ({ layer, attention: { keys } }) =>
      keys.normOverHeads && kvHeads < heads
        ? `the keys of layer ${layer} are normalised over all heads together, so those of one head do not change alone`
        : null,
    ),
  /** Queries, keys and patterns are there to be changed, and a change of them changes what the model does. */
  "queries and patterns": ({ layers }) =>
    firstOf(layers, ({ layer, attention: { scan } }) =>
      scan
        ? `layer ${layer} is a state-space layer, which has no queries and keys, and whose pattern is only looked at`
        : null,
    ),
  "scores that are products": ({ layers }) =>
    firstOf(layers, ({ attention }) => reasonOf(attention.scores.product)),
  /** The last token may stand there many times, each copy with other heads changed. */
  "a last token that stands alone": (_, __, program) => lacksLastTokenRuns({ program }),
  /** What a proof knows every operation of. */
  "two layers of attention alone": ({ layers }, { family, positions }, program) => {
    const other = program.ops.find(({ op }) => !PROVED_OPS.has(op));
    const fault = [
      [layers.length !== 2, `this one has ${layers.length}`],
      [layers.some(({ mlp }) => mlp !== null), "this one has MLPs"],
      [family !== "transformer_lens", `this one is of the family ${family}`],
      [other !== undefined, `this one computes ${other?.op}, which proofs do not know`],
      [!PROVED_POSITIONS.has(positions ?? ""), `this one has ${positions} positions`],
    ].find(([broken]) => broken)?.[1];
    const what = "proofs are for two layers of attention alone in TransformerLens' layout";
    return fault === undefined ? null : `${what}, and ${String(fault)}`;
  },
} as const satisfies Readonly<
  Record<
    string,
    (parts: ProgramAnatomy, architecture: Architecture, program: Program) => string | null
  >
>;

/** Operations and positions of which proofs know what they compute, down to rounding. */
const PROVED_OPS: ReadonlySet<string> = new Set<OpName>([
  ...(["gather", "add", "rename", "scale", "norm", "gain"] as const),
  ...(["contract", "rotary", "softmax"] as const),
]);
const PROVED_POSITIONS: ReadonlySet<string> = new Set([
  ...["learned", "shortformer", "rotary", "none"],
]);

type Need = keyof typeof NEEDS;

const CAUSAL: readonly Need[] = ["a causal mask", "logits"];
const PATHS: readonly Need[] = ["a causal mask", "logits", "heads that add to the stream"];
const WEIGHTS: readonly Need[] = [
  "a causal mask",
  "an unembedding",
  "heads that add to the stream",
  "projections of the stream",
];

/** What each study needs in any case; options that need more check for themselves. */
const NEEDS_OF = {
  score: ["a causal mask"],
  verdict: CAUSAL,
  patch: CAUSAL,
  /** `patch` of queries, keys, values or patterns. */
  "patch within heads": [...CAUSAL, "queries and patterns"],
  fingerprint: [...CAUSAL, "queries and patterns"],
  path: PATHS,
  attribution: CAUSAL,
  /** `attribution` of queries, keys, values or patterns, which are among its defaults. */
  "attribution within heads": [...CAUSAL, "queries and patterns"],
  /** `attribution` with `paths`. */
  "attribution of paths": [...PATHS, "projections of the stream", "keys of each query head"],
  ablate: CAUSAL,
  shapley: CAUSAL,
  /** `ablate` with patterns kept as they were, or ideal ones put in. */
  "ablate with patterns": [...CAUSAL, "queries and patterns"],
  lens: ["a causal mask", "an unembedding"],
  circuit: WEIGHTS,
  certify: [...WEIGHTS, "scores that are products", "two layers of attention alone"],
  attention: ["a causal mask"],
  why: [
    "a causal mask",
    "scores that are products",
    "heads that add to the stream",
    "an unembedding",
  ],
  analyse: ["a causal mask", "an unembedding"],
  phase: CAUSAL,
  text: CAUSAL,
  compare: CAUSAL,
  /** Rules about labels need more, as verdicts do. */
  check: ["a causal mask"],
  behaviours: ["a causal mask"],
  "few-shot": [...CAUSAL, "a last token that stands alone"],
} as const satisfies Readonly<Record<string, readonly Need[]>>;

/** A study that runs a model, or an option of one that needs more. */
export type ModelStudy = keyof typeof NEEDS_OF | typeof STACKS | typeof COPY | typeof IMAGE;

/** What `image` runs on a text model that reads images. */
const IMAGE = "image";

/** What `ablate` runs where a model is not a decoder. */
const COPY = "ablate-stacks";

/** What `score` runs where the attention that is scored is not a decoder's. */
const STACKS = "score-stacks";

/** Studies of one model, as the registry calls them. */
export const MODEL_STUDIES = [
  ...(["score", "verdict", "patch", "path", "attribution", "ablate", "lens", "circuit"] as const),
  ...(["attention", "why", "analyse", "text", "behaviours", "few-shot", "image"] as const),
] satisfies readonly ModelStudy[];

type DescribedModel = Pick<Model, "program" | "architecture" | "seeing">;

/**
 * Whether a study can run on a model, from the model's Program alone.
 *
 * @returns null if it can, else one sentence that says why not
 * @throws {InputError} "study" for what is not a model
 */
export function canRun(study: ModelStudy, model: DescribedModel): string | null {
  checkIsModel("canRun", model);
  const { program, architecture, seeing } = model;
  if (study === IMAGE) return seeing ? canRun("ablate", { program, architecture }) : BLIND;
  if (study === COPY) return reasonOfCopy(program, architecture);
  if (study === STACKS) return reasonOfStacks(program, architecture);
  if (architecture.stacks) return severalWords(program, architecture);
  const parts = anatomy(program, architecture);
  for (const need of NEEDS_OF[study]) {
    const reason = NEEDS[need](parts, architecture, program);
    if (reason !== null) return reason;
  }
  return null;
}

const BLIND =
  "this model writes no text about images; those that do are llava and gemma3 models whose tower is read here";

/** What of it measures such a model: of Whisper nothing is ablated. */
function severalWords(program: Program, architecture: Architecture): string {
  const isAblated = reasonOfCopy(program, architecture) === null;
  const ways = isAblated ? ASKS : "score says where its heads look";
  return `this model does not read one row of tokens and say what comes next; ${ways}, and \`run --inputs\` gives its values`;
}

/** On the command line; in the library other functions do so than `score` and `ablate`. */
const ASKS = "score and ablate measure what it is asked";
const ASKS_IN_LIBRARY = "`scoreStacks` and `ablateStacks` measure what it is asked";

/** Null for an encoder-decoder of tokens, an encoder of tokens with logits, and a model that sees images. */
function reasonOfCopy(program: Program, { stacks, mask }: Architecture): string | null {
  const { inputs, absent } = program;
  const reads = (input: string) => inputs.some(({ name }) => name === input);
  if (!stacks && mask !== "none") return DECODER;
  if (reads("pixels")) return null;
  if (reads("decoder") && !reads("encoder")) return NO_COPY;
  return absent?.["logits"] ?? null;
}

const DECODER = "this model is a decoder, whose heads `ablate` takes out by the copy of its own";

/** Of Whisper and of towers without pictures: what is left to do with them. */
export const NO_COPY =
  "this model has no decoder that writes what an encoder of tokens reads, so there is no copy to lose; score says where its heads look, and `run --inputs` gives its values";

/** Null for an encoder, and for a model of several stacks of which one reads tokens or images. */
function reasonOfStacks({ inputs }: Program, { stacks, mask, image }: Architecture): string | null {
  if (!stacks && mask !== "none")
    return "this model is a decoder, whose attention to what is before `score` scores";
  const reads = inputs.some(({ name }) => ["tokens", "encoder", "decoder"].includes(name));
  return reads || image
    ? null
    : "this model reads neither tokens nor patches of images that could repeat; `run --inputs` gives its values";
}

/** Studies whose names are ours, as readers know them. */
const READERS_NAMES: Partial<Record<ModelStudy, string>> = {
  [STACKS]: "score",
  [COPY]: "ablate",
  "patch within heads": "`patch` of queries, keys, values or patterns",
  "attribution within heads": "attribution of queries, keys, values or patterns",
  "ablate with patterns": "`ablate` with patterns kept or put in",
};

/**
 * @param name what the reader asked for, if that is no study of one model, such as `card`
 * @throws {InputError} "study" if it cannot, or if it is not a model, as callers in JavaScript may have it
 */
export function checkCanRun(study: ModelStudy, model: DescribedModel, name?: string): void {
  checkIsModel(name ?? study, model);
  const reason = canRun(study, model);
  if (reason === null) return;
  const words = study === "score" || study === "ablate" ? inLibrary(reason) : reason;
  throw new InputError("study", `${name ?? readersName(study, model)} cannot run: ${words}`);
}

/** Whoever calls `score` or `ablate` itself on such a model: the command line takes the other functions by itself. */
const inLibrary = (reason: string) =>
  reason.replace(ASKS, ASKS_IN_LIBRARY).replace("score says where", "`scoreStacks` says where");

/** Only the library's own functions ask a decoder for what other models have in place of `score` and `ablate`. */
function readersName(study: ModelStudy, { architecture }: DescribedModel): string {
  const isDecoder = !architecture.stacks && architecture.mask !== "none";
  if (isDecoder && study === STACKS) return "scoreStacks";
  if (isDecoder && study === COPY) return "ablateStacks";
  return READERS_NAMES[study] ?? study;
}

function reasonOf(part: object): string | null {
  return "missing" in part ? String(part.missing) : null;
}

function firstOf(
  layers: readonly LayerAnatomy[],
  reasonIn: (layer: LayerAnatomy) => string | null,
): string | null {
  for (const layer of layers) {
    const reason = reasonIn(layer);
    if (reason !== null) return reason;
  }
  return null;
}
