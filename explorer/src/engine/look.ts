/** @file What a plain run of a sequence has inside: the attention of a layer, and values by their hook names. */
import { tensor, typesOf } from "induction-lens/graph";
import { kvHeadOf, runModel } from "induction-lens/browser";
import type { AnswerOptions } from "./answerOptions.ts";
import type { Held } from "./held.ts";
import { tooLong } from "./sequence.ts";
import type { Captured, Look, Requests } from "./protocol.ts";

/** Patterns of a layer and the norms of its values, one value for each query head. */
export async function look(
  { ids, layer, edits = [] }: Requests["look"]["args"],
  held: Held,
): Promise<Look> {
  const { facts } = held.open;
  const bench = await held.workbench();
  const tokens = tensor(["batch", "position"], [1, ids.length], Int32Array.from(ids));
  const run = bench.run({ tokens, repeats: null }, { layer, edits });
  const { patterns, valueNorms } = await run.catch((error: Error) => {
    throw /^out of memory/.test(error.message) ? tooLong(ids.length, facts) : error;
  });
  const norms = new Float32Array(ids.length * facts.heads).map((_, index) => {
    const [key, head] = [Math.floor(index / facts.heads), index % facts.heads];
    return valueNorms!.data[key * facts.kvHeads + kvHeadOf(facts, head)]!;
  });
  return { patterns: patterns!.data, valueNorms: norms, heads: facts.heads, length: ids.length };
}

/** Values of a plain run by their hook names; the model's own ones of those asked for. */
export async function values(
  { ids, names }: Requests["values"]["args"],
  { open }: Held,
  { signal, progress }: AnswerOptions,
): Promise<Requests["values"]["answer"]> {
  const { model, backend } = open;
  const found: Record<string, Captured> = {};
  const there = typesOf(model.program);
  await runModel(model, {
    backend,
    tokens: [ids],
    names: names.filter((name) => there.has(name)),
    receive: ({ name }, _, { shape, data }) => {
      found[name] = { shape, data };
    },
    ...{ signal, progress },
  });
  return { values: found };
}
