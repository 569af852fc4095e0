/** @file `generate`: continues a prompt token by token, with edits applied at every step. */
import { softmax } from "../../measure/softmax.ts";
import type { Feeds } from "../../base/backend.ts";
import { InputError, throwIfAborted } from "../../base/errors.ts";
import { random, type Random } from "../../base/random.ts";
import { tensor } from "../../base/tensor.ts";
import type { Edit } from "../../graph/edits/hook.ts";
import { narrow } from "../../graph/edits/narrow.ts";
import { slice } from "../../graph/edits/slice.ts";
import { promptRows } from "../../inputs/promptRows.ts";
import { rowOf } from "../../inputs/sequences.ts";
import type { BosChoice } from "../../inputs/scoreInput.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { prepare } from "../../runtime/prepare.ts";
import { turn } from "../../runtime/turn.ts";
import { checkCanRun } from "../common/canRun.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import { checkOptionNames, type OptionNames } from "../../base/optionNames.ts";
import { checkWholeNumber } from "../../base/checkWholeNumber.ts";

export interface GenerateOptions extends StudyOptions {
  /** Most tokens that are added; left out: 30. */
  readonly maxNewTokens?: number | undefined;
  /** 0 takes the likeliest token; above it logits are divided by it and a token is drawn. Left out: 0. */
  readonly temperature?: number | undefined;
  /** Draw among the likeliest so many tokens only; left out: among all. */
  readonly topK?: number | undefined;
  /** Of the draws; left out: 0. */
  readonly seed?: number | undefined;
  /** Ids after which generation ends; left out: the tokenizer's or configuration's end-of-sequence ids, [] for none. */
  readonly stopTokens?: readonly number[] | undefined;
  /** Changes of the model, done one after the other before it runs. */
  readonly edits?: readonly Edit[] | undefined;
  /** Values of inputs that edits added, by their names. */
  readonly feeds?: Feeds | undefined;
  /** Whether a text begins with BOS; left out: as the tokenizer's files ask. */
  readonly bos?: BosChoice | undefined;
  /** Told each new token as it is chosen. */
  readonly onToken?: ((token: number, piece: string) => void) | undefined;
}

export const GENERATE_OPTIONS: OptionNames<GenerateOptions> = {
  ...STUDY_OPTIONS,
  maxNewTokens: true,
  temperature: true,
  topK: true,
  seed: true,
  stopTokens: true,
  edits: true,
  feeds: true,
  bos: true,
  onToken: true,
};

export interface GeneratedText {
  /** The prompt's ids and the new ones. */
  readonly tokens: readonly number[];
  readonly newTokens: readonly number[];
  /** Text of the new tokens; null for a model without a tokenizer. */
  readonly text: string | null;
  /** Why it ended: a stop token was chosen, `maxNewTokens` were, or the context is full. */
  readonly finish: "stop" | "length" | "context";
}

const MAX_NEW_TOKENS = 30;
const LAST = "last_position";

/**
 * Continues a prompt. Every step runs the whole edited model on all tokens so far and reads the logits of the last position,
 * so an edit holds at every step; this is for a few dozen tokens, not for long texts.
 *
 * ```js
 * const edits = [(program) => ablateHeads(program, ["1.2"])];
 * const { text } = await generate(model, "one two three one two", { maxNewTokens: 8, edits });
 * ```
 *
 * @param prompt text or token ids
 * @throws {InputError} "range" for options outside what is possible or a prompt that fills the context, "tokens" for several
 *   rows or ids outside the vocabulary, "tokenizer" for text and a model without one, "unknown-value" for a model without logits
 * @throws {UnableError} if memory does not suffice; @throws {AbortError} between two tokens once `signal` is aborted
 */
export async function generate(
  model: LoadedModel,
  prompt: string | readonly number[],
  options: GenerateOptions = {},
): Promise<GeneratedText> {
  checkOptionNames("generate", options, GENERATE_OPTIONS);
  const { maxNewTokens = MAX_NEW_TOKENS, edits = [], feeds = new Map(), signal } = options;
  checkCanRun("text", model, "generate");
  checkOptions(options);
  const { rows, tokenizer } = await promptRows(model, prompt, options.bos);
  const { contextLength, specialTokens, bosToken } = model.architecture;
  const tokens = [...rows[0]!];
  if (tokens.length >= contextLength)
    throw new InputError(
      "range",
      `the model has ${contextLength} positions, the prompt has ${tokens.length} tokens and leaves no room`,
    );
  const stops = options.stopTokens ?? specialTokens.filter((id) => id !== bosToken);
  const draw = random(options.seed ?? 0);
  const most = Math.min(contextLength, tokens.length + maxNewTokens);
  const backend = await engineFor(model, options);
  const session = await prepare(lastLogits(model, edits), backend, { batch: 1, position: most });
  const newTokens: number[] = [];
  let finish: GeneratedText["finish"] = most < tokens.length + maxNewTokens ? "context" : "length";
  try {
    while (tokens.length < most) {
      throwIfAborted(signal);
      const { length } = tokens;
      const row = rowOf({ tokens });
      const last = tensor(["position"], [1], Int32Array.of(length - 1));
      const trace = await session.run(new Map([...feeds, ["tokens", row], [LAST, last]]));
      const token = chooseToken(trace.get("logits")!.data, options, draw);
      tokens.push(token);
      newTokens.push(token);
      options.onToken?.(token, tokenizer?.pieces([token])[0] ?? String(token));
      options.progress?.("generating", newTokens.length, maxNewTokens);
      if (stops.includes(token)) {
        finish = "stop";
        break;
      }
      await turn();
    }
  } finally {
    await session.close();
  }
  return { tokens, newTokens, text: tokenizer?.decode(newTokens) ?? null, finish };
}

/** The edited model up to the logits of one position, which is fed as `last_position`. */
function lastLogits({ program }: LoadedModel, edits: readonly Edit[]) {
  const edited = edits.reduce((before, edit) => edit(before), program);
  const whole = slice(edited, { outputs: ["logits"] });
  return narrow(whole, { outputs: ["logits"], axis: "position", rows: LAST });
}

function checkOptions({ maxNewTokens = 1, temperature = 0, topK = 1 }: GenerateOptions): void {
  checkWholeNumber("maxNewTokens", maxNewTokens, 1);
  if (!(temperature >= 0 && Number.isFinite(temperature)))
    throw new InputError("range", `\`temperature\` needs a number from 0 on, got ${temperature}`, {
      option: "temperature",
    });
  checkWholeNumber("topK", topK, 1);
}

/** The likeliest token, or one drawn from softmax(logits / temperature) over the `topK` likeliest. */
function chooseToken(
  logits: Float32Array,
  { temperature = 0, topK = logits.length }: GenerateOptions,
  draw: Random,
): number {
  const order = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]! || a - b);
  if (temperature === 0) return order[0]!;
  const among = order.slice(0, topK);
  const weights = softmax(among.map((id) => logits[id]! / temperature));
  let left = draw.uniform();
  return among.find((_, index) => (left -= weights[index]!) < 0) ?? among.at(-1)!;
}
