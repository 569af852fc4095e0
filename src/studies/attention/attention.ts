/** @file `attention`: where heads attend on sequences of the user's, weight by weight. */
import { beginResult } from "../../results/beginResult.ts";
import { checkCanRun } from "../common/canRun.ts";
import { kvHeadOf } from "../../models/kvHeadOf.ts";
import { footerOf, headerOf } from "../common/about.ts";
import { sightOf } from "../../inputs/windowReach.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { InputError } from "../../base/errors.ts";
import { slice } from "../../graph/edits/slice.ts";
import { looksAt } from "../../measure/looksAt.ts";
import { anatomy } from "../../models/anatomy/anatomy.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { AttentionPanel, AttentionResult } from "./result.ts";
import type { AttentionValue } from "../../results/causalNames.ts";
import type { Backend } from "../../base/backend.ts";
import { sequencesOf, type Sequences } from "../../inputs/sequences.ts";
import { attentionHooks, patternOf, shownValues } from "./attentionValues.ts";
import { eachSequence } from "../../interventions/eachSequence.ts";
import type { HeadAt } from "../../base/headName.ts";
import { ATTENTION_OPTIONS, attentionPlan, type AttentionOptions } from "./plan.ts";
import { strongestHeads } from "./strongestHeads.ts";
import { checkOptionNames } from "../../base/optionNames.ts";

/** Weights in one Result: 64 heads of 250 tokens, or one of 2,000. */
const MOST_WEIGHTS = 4_000_000;

/**
 * What heads attend to: rows are queries, columns keys.
 *
 * pattern: A[q, k] after softmax. value-weighted: A[q, k] * |v_k|, with v_k the value of the head's group and | | its Euclidean
 * length, since weight on a key with a short value moves little. scores: before softmax, scale * q . k, as QK heat maps have
 * it.
 *
 * @returns weights[query][key] for keys 0 ... query; uniform attention has 1 / (q + 1) everywhere in row q
 * @throws {InputError} "unknown-head", "size" for more weights than a page can show, "heads" where none are named and the
 *   sequences repeat nothing, and as `sequencesOf`
 * @throws {AbortError} between two sequences once `signal` is aborted
 * @see Kobayashi et al. 2020 (arXiv:2004.10102) for the norm of values: theirs is |v_k W_O|, after the output projection
 */
export async function attention(
  model: LoadedModel,
  options: AttentionOptions = {},
): Promise<AttentionResult> {
  checkOptionNames("attention", options, ATTENTION_OPTIONS);
  checkCanRun("attention", model);
  const engine = await engineFor(model, options);
  const plan = attentionPlan(model.architecture, options);
  const sequences = await sequencesOf(model, options);
  checkSize(sequences, plan.mostHeads);
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const { mostHeads, values } = plan;
    const heads =
      plan.heads ?? (await strongestHeads(model, backend, sequences, mostHeads, options));
    return {
      ...beginResult("induction-lens/attention@1"),
      ...headerOf(model, sequences.info, sequences.warnings),
      values,
      sequences: [...sequences.sequences],
      heads: await panelsOf(model, backend, sequences, heads, values, options),
      ...footerOf(backend, { run: elapsed() }),
    };
  });
}

async function panelsOf(
  { program, architecture }: LoadedModel,
  backend: Backend,
  sequences: Sequences,
  heads: readonly HeadAt[],
  values: AttentionValue,
  { signal, progress }: AttentionOptions,
): Promise<AttentionPanel[]> {
  const { layers: parts } = anatomy(program, architecture);
  const layers = [...new Set(heads.map(({ layer }) => layer))];
  const outputs = layers.flatMap((layer) => attentionHooks(parts[layer]!, values));
  const panels: AttentionPanel[] = [];
  const options = { step: "reading attention", signal, progress };
  await eachSequence(
    slice(program, { outputs }),
    backend,
    sequences,
    options,
    (trace, sequence) => {
      const { tokens } = sequences.sequences[sequence]!;
      for (const at of heads)
        panels.push({
          ...at,
          kvHead: kvHeadOf(architecture, at.head),
          sequence,
          weights: shownValues(trace, at, values, {
            heads: architecture.heads,
            anatomy: parts[at.layer]!,
          }),
          looksAt: looksAt(
            patternOf(trace, at),
            tokens,
            sequences.starts[sequence]!,
            sightOf(architecture, at.layer),
          ),
        });
    },
  );
  return panels;
}

function checkSize({ sequences }: Sequences, heads: number): void {
  const area = sequences.reduce((sum, { tokens }) => sum + tokens.length ** 2, 0);
  if (heads * area <= MOST_WEIGHTS) return;
  const fit = Math.floor(MOST_WEIGHTS / area);
  const longest = Math.floor(Math.sqrt(MOST_WEIGHTS / (heads * sequences.length)));
  throw new InputError(
    "size",
    `${heads} heads on these sequences are ${heads * area} weights, more than the ${MOST_WEIGHTS} that can be shown: ${fit > 0 ? `name at most ${fit} heads` : `use sequences of at most ${longest} tokens`}`,
  );
}
