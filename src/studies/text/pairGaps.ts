/** @file The gap in probability of a continuation between two prompts, with heads on and off. */
import type { Progress } from "../../base/progress.ts";
import { InputError, throwIfAborted } from "../../base/errors.ts";
import { random } from "../../base/random.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import { meanInterval } from "../../measure/interval.ts";
import { moments } from "../../measure/moments.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { TextResult } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { turn } from "../../runtime/turn.ts";
import { drawTokens } from "../../text/patterns/tokenPattern.ts";
import { drawnTokens } from "../../models/drawnTokens.ts";
import { controlHeads } from "../../interventions/controlHeads.ts";
import { allHeads } from "../../interventions/headNames.ts";
import { headName, type HeadAt } from "../../base/headName.ts";
import { rowOf, sequencesOf } from "../../inputs/sequences.ts";
import type { BosChoice } from "../../inputs/scoreInput.ts";
import type { PromptPair } from "./plan.ts";
import {
  openWorkbench,
  type Reference,
  type Workbench,
} from "../../interventions/workbench/workbench.ts";

export interface GapOptions {
  readonly bos?: BosChoice | undefined;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: Progress | undefined;
}

/** Sets of other heads that are switched off in place of the chosen ones. */
const CONTROLS = 5;
/** Rows of random tokens whose mean output stands in for a head that is off. */
const REFERENCE_ROWS = 16;

type Pairs = NonNullable<TextResult["pairs"]>;

/** Token ids of a prompt with its target, and where the target begins. */
interface Prompt {
  readonly ids: readonly number[];
  readonly from: number;
}

/**
 * gap = log p(target | first prompt) - log p(target | second prompt), in nats, the sum over the target's tokens.
 *
 * Off: each head's output is its mean by position over 16 rows of random tokens, so that it knows nothing of the prompt.
 * Controls: as many other heads of the same layers, 5 sets of them, switched off in the same way. A change is worth a thought
 * only where it is beyond what controls do.
 *
 * @param why how `heads` were chosen
 * @throws {InputError} "pairs" for no pairs or an empty target, "heads" where the model has too few other heads, and as
 *   `sequencesOf`
 */
export async function pairGaps(
  model: LoadedModel,
  backend: Backend,
  pairs: readonly PromptPair[],
  { heads, why }: { readonly heads: readonly HeadAt[]; readonly why: string },
  options: GapOptions,
): Promise<Pairs> {
  const prompts = await promptsOf(model, pairs, options);
  const controls = controlSets(model, heads, options.seed);
  const length = Math.max(...prompts.flat().map(({ ids }) => ids.length));
  const bench = await openWorkbench(model, { backend, rows: 1, length });
  const gaps = gapReader(bench, model, options.seed);
  const list: Pairs["list"] = [];
  try {
    for (const [index, { prompts: texts, target }] of pairs.entries()) {
      throwIfAborted(options.signal);
      const two = prompts[index]!;
      const without: number[] = [];
      for (const set of controls) without.push(await gaps(two, set));
      list.push({
        prompts: [...texts],
        target,
        on: await gaps(two, []),
        off: await gaps(two, heads),
        controls: without,
      });
      options.progress?.("comparing pairs", index + 1, pairs.length);
    }
  } finally {
    await bench.close();
  }
  return { ...summary(list), heads: heads.map(headName), why, ablation: ABLATION, list };
}

const ABLATION = `the head's output z is its mean by position over ${REFERENCE_ROWS} rows of random tokens`;

function summary(list: Pairs["list"]) {
  const share = (values: readonly number[]) => {
    return { mean: moments(values).mean, interval: meanInterval(values) };
  };
  return {
    gapOn: share(list.map(({ on }) => on)),
    gapOff: share(list.map(({ off }) => off)),
    change: share(list.map(({ on, off }) => off - on)),
    controlChange: share(list.map(({ on, controls }) => moments(controls).mean - on)),
  };
}

async function promptsOf(
  model: LoadedModel,
  pairs: readonly PromptPair[],
  { bos }: GapOptions,
): Promise<(readonly [Prompt, Prompt])[]> {
  if (pairs.length === 0) throw new InputError("pairs", "needs at least one pair, got none");
  const { sequences, tokenizer } = await sequencesOf(model, {
    texts: pairs.flatMap(({ prompts }) => prompts),
    bos,
  });
  const { contextLength } = model.architecture;
  return pairs.map(({ target }, index) => {
    const added = tokenizer!.encode(target);
    if (added.length === 0)
      throw new InputError("pairs", `pair ${index} needs a target with at least one token, got ""`);
    const prompt = (place: number): Prompt => {
      const { tokens } = sequences[2 * index + place]!;
      if (tokens.length + added.length > contextLength)
        throw new InputError(
          "range",
          `pair ${index} is longer than the model's ${contextLength} positions`,
        );
      return { ids: [...tokens, ...added], from: tokens.length };
    };
    return [prompt(0), prompt(1)] as const;
  });
}

/** Reads gaps; the reference of each length is made once. */
function gapReader(bench: Workbench, { architecture }: LoadedModel, seed: number) {
  const references = new Map<number, Promise<Reference>>();
  const ordinary = drawnTokens(architecture).ids;
  const referenceOf = (length: number) => {
    const cached = references.get(length);
    if (cached) return cached;
    const rows = Array.from({ length: REFERENCE_ROWS }, (_, row) =>
      drawTokens(random(seed, row), length, ordinary),
    );
    const tokens = tensor(
      ["batch", "position"],
      [REFERENCE_ROWS, length],
      Int32Array.from(rows.flat()),
    );
    const reference = bench.reference(tokens);
    references.set(length, reference);
    return reference;
  };
  const logProbability = async ({ ids, from }: Prompt, off: readonly HeadAt[]) => {
    const tokens = rowOf({ tokens: ids });
    const edits = off.map((at) => ({ ...at, kind: "mean" as const }));
    const reference = edits.length > 0 ? { reference: await referenceOf(ids.length) } : {};
    const { losses } = await bench.run({ tokens, repeats: null }, { edits, ...reference });
    await turn();
    return -sumFrom(losses, from);
  };
  return async ([first, second]: readonly [Prompt, Prompt], off: readonly HeadAt[]) =>
    (await logProbability(first, off)) - (await logProbability(second, off));
}

function sumFrom({ data }: Tensor, from: number): number {
  return data.subarray(from).reduce((sum, loss) => sum + loss, 0);
}

/** As many other heads in each of the layers. */
function controlSets(
  { architecture }: LoadedModel,
  heads: readonly HeadAt[],
  seed: number,
): HeadAt[][] {
  const all = allHeads(architecture);
  return Array.from({ length: CONTROLS }, (_, set) => {
    const draw = random(seed, 1_000 + set);
    return [...new Set(heads.map(({ layer }) => layer))].flatMap((layer) => {
      const count = heads.filter((head) => head.layer === layer).length;
      return controlHeads(all, count, { layersOf: [{ layer }], not: heads, draw });
    });
  });
}
