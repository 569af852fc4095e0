/** @file What a run of a sequence has inside: the attention of a layer, with changes too, and values by their hook names. */
import { ablateHeads, typesOf } from "induction-lens/graph";
import { kvHeadOf, runModel } from "induction-lens/browser";
import type { AnswerOptions } from "./answerOptions.ts";
import { sayTooLong } from "./sequence.ts";
import { sequenceRun } from "./cut.ts";
import type { Held } from "./held.ts";
import type { CapturedValue, Look, Requests } from "./protocol.ts";

/** Patterns of a layer and the norms of its values, one value for each query head. */
export async function look(
  { ids, layer, edits = [], repeats = null }: Requests["look"]["args"],
  state: Held,
  options: AnswerOptions,
): Promise<Look> {
  const edited = { ids, repeats, edits, reads: { layer } };
  const { patterns, valueNorms } = await sequenceRun(state, edited, options);
  const [heads, kvHeads] = [patterns!.shape[1]!, valueNorms!.shape[2]!]; // of this layer: in hybrids they differ
  const norms = new Float32Array(ids.length * heads).map((_, index) => {
    const [key, head] = [Math.floor(index / heads), index % heads];
    return valueNorms!.data[key * kvHeads + kvHeadOf({ heads, kvHeads }, head)]!;
  });
  return { patterns: patterns!.data, valueNorms: norms, heads, length: ids.length };
}

/** Values of a run by their hook names; the model's own ones of those asked for. */
export async function values(
  { ids, names, off = [] }: Requests["values"]["args"],
  { open }: Held,
  { signal, progress }: AnswerOptions,
): Promise<Requests["values"]["answer"]> {
  const { model, backend } = open;
  const captures: Record<string, CapturedValue> = {};
  const there = typesOf(model.program);
  const program = ablateHeads(model.program, off);
  const run = runModel(
    { ...model, program },
    {
      backend,
      tokens: [ids],
      names: names.filter((name) => there.has(name)),
      receive: ({ name }, _, { shape, data }) => {
        captures[name] = { shape, data };
      },
      ...{ signal, progress },
    },
  );
  await run.catch(sayTooLong(ids.length, open.facts));
  return { values: captures };
}
