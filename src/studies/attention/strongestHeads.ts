/** @file The heads that attend most to the tokens that induction would look at, on sequences of any kind. */
import { InputError } from "../../base/errors.ts";
import type { Tensor } from "../../base/tensor.ts";
import { builder } from "../../graph/builder.ts";
import { slice } from "../../graph/edits/slice.ts";
import { INDUCTION_ATTENTION } from "../../measure/attendsLikeInduction.ts";
import { gainTable } from "../../measure/gainTable.ts";
import { inductionTable, inductionTargets } from "../../measure/inductionTargets.ts";
import { forEachSight } from "../../inputs/windowReach.ts";
import type { Architecture } from "../../models/family.ts";
import { uniformScores } from "../../measure/uniformScores.ts";
import { stackTables } from "../../measure/weightTable.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { headOffsets } from "../../models/headCounts.ts";
import type { Backend } from "../../base/backend.ts";
import type { Sequences } from "../../inputs/sequences.ts";
import { eachSequence, type EachOptions } from "../../interventions/eachSequence.ts";
import { allHeads } from "../../interventions/headNames.ts";
import type { HeadAt } from "../../base/headName.ts";
import { hookName } from "../../models/anatomy/hookNames.ts";

/** The table of targets is an input of the graph, so that no pattern of the whole model leaves it. */
const TABLE = "attention_table";

/**
 * At most `count` heads with the largest gain, summed over sequences, largest first: the general induction score less what other
 * queries pay the same keys ({@link gainTable}). Those above twice what uniform attention scores, or the best one.
 *
 * @throws {InputError} "heads" if no sequence repeats a token
 */
export async function strongestHeads(
  { program, architecture }: LoadedModel,
  backend: Backend,
  sequences: Sequences,
  count: number,
  options: Pick<EachOptions, "signal" | "progress">,
): Promise<HeadAt[]> {
  const { layers } = architecture;
  const offsets = headOffsets(architecture);
  const tables = sequences.sequences.map(({ tokens }, index) =>
    tableOf(tokens, sequences.starts[index]!),
  );
  if (tables.every((table) => table === null))
    throw new InputError(
      "heads",
      "no token of the sequences comes again, so no head stands out; name heads, such as 1.2 or 1.*",
    );
  const b = builder(program);
  const table = b.input(TABLE, "float32", { query: "position", key: "position" });
  const outputs = Array.from({ length: layers }, (_, layer) =>
    b.contract(hookName(layer, "attn.hook_pattern"), table, ["batch", "head"], {
      as: `targets.${layer}`,
    }),
  );
  const scores = new Float64Array(offsets.at(-1)!);
  const feeds = (index: number) => {
    const own = tables[index]!;
    return own && new Map([[TABLE, gainTable(own)]]);
  };
  const scored = slice(b.program(outputs, program.limits), { outputs });
  await eachSequence(
    scored,
    backend,
    sequences,
    { step: "finding heads", feeds, ...options },
    (trace) =>
      outputs.forEach((name, layer) =>
        trace.get(name)!.data.forEach((score, head) => (scores[offsets[layer]! + head]! += score)),
      ),
  );
  const evenOf = evenScores(architecture, tables);
  const all = allHeads(architecture);
  const order = [...scores.keys()].sort((head, other) => scores[other]! - scores[head]!);
  return order
    .slice(0, count)
    .filter(
      (place, index) =>
        index === 0 ||
        scores[place]! > INDUCTION_ATTENTION.timesUniform * evenOf[all[place]!.layer]!,
    )
    .map((place) => all[place]!);
}

function tableOf(tokens: readonly number[], start: number) {
  const repeats = inductionTargets(tokens, { start }).some((keys) => keys.length > 0);
  return repeats ? inductionTable(tokens, { start }).table : null;
}

/** What uniform attention scores in each layer, summed over sequences. */
function evenScores(
  architecture: Pick<Architecture, "layers" | "windows" | "chunks">,
  tables: readonly (Tensor | null)[],
): number[] {
  const stacks = tables.flatMap((table) => (table ? [stackTables([table])] : []));
  return forEachSight(architecture, (sight) =>
    stacks.reduce((sum, stack) => sum + uniformScores(stack, sight).data[0]!, 0),
  );
}
