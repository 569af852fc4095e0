/** @file How much every head attends to what followed the earlier copies that a text really has. */
import { InputError } from "../../base/errors.ts";
import type { Tensor } from "../../base/tensor.ts";
import { builder } from "../../graph/builder.ts";
import { slice } from "../../graph/edits/slice.ts";
import { inductionTargets } from "../../measure/inductionTargets.ts";
import { ratioInterval } from "../../measure/interval.ts";
import { mean } from "../../measure/mean.ts";
import { forEachSight } from "../../inputs/windowReach.ts";
import type { Sight } from "../../measure/uniformScores.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { headOffsets } from "../../models/headCounts.ts";
import type { RepeatGroupResult, TextResult } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { findRepeats } from "../../text/repeats.ts";
import { eachSequence, type EachOptions } from "../../interventions/eachSequence.ts";
import { hookName } from "../../models/anatomy/hookNames.ts";
import type { Sequences } from "../../inputs/sequences.ts";
import {
  isOf,
  keysOf,
  repeatClasses,
  repeatTables,
  type RepeatClass,
  type RepeatWithKeys,
} from "./repeatTables.ts";

type Repeats = NonNullable<TextResult["repeats"]>;

export interface RepeatScores extends Pick<Repeats, "groups" | "intervals"> {
  /** 95 % intervals of the last group, the sum over every copy. */
  readonly everyCopy: Repeats["intervals"];
}

const TABLES = "repeat_tables";

/**
 * Attention to the token after the earlier copy, A[q, copy + 1], summed over the repeats of a class and divided by their
 * number; every repeat counts once, whatever piece it is in. The copy is the one that agrees in most tokens, of equal ones the
 * last.
 *
 * @throws {InputError} "tokens" if the sequences repeat nothing
 */
export async function repeatScores(
  { program, architecture }: LoadedModel,
  backend: Backend,
  sequences: Sequences,
  options: Pick<EachOptions, "signal" | "progress">,
): Promise<RepeatScores> {
  const { layers } = architecture;
  const offsets = headOffsets(architecture);
  const heads = offsets.at(-1)!;
  const repeats = sequences.sequences.map(({ tokens }, index) =>
    repeatsWithKeys(tokens, sequences.starts[index]!),
  );
  const all = repeats.flat();
  if (all.length === 0)
    throw new InputError(
      "tokens",
      "the text repeats no token at a distance of 3 or more, so there is nothing to score",
    );
  const classes = repeatClasses(sequences.info.length).filter((repeatClass) =>
    all.some((repeat) => isOf(repeatClass, repeat)),
  );
  const sums = sequences.sequences.map(() => new Float64Array(classes.length * heads));
  const b = builder(program);
  const tables = b.input(TABLES, "float32", {
    measure: classes.length,
    query: "position",
    key: "position",
  });
  const outputs = Array.from({ length: layers }, (_, layer) =>
    b.contract(hookName(layer, "attn.hook_pattern"), tables, ["batch", "measure", "head"], {
      as: `repeats.${layer}`,
    }),
  );
  const feeds = (index: number) =>
    repeats[index]!.length === 0
      ? null
      : new Map([
          [
            TABLES,
            repeatTables(classes, repeats[index]!, sequences.sequences[index]!.tokens.length),
          ],
        ]);
  const scored = slice(b.program(outputs, program.limits), { outputs });
  await eachSequence(
    scored,
    backend,
    sequences,
    { step: "reading the text", feeds, ...options },
    (trace, piece) =>
      outputs.forEach((name, layer) =>
        keepSums(sums[piece]!, trace.get(name)!, offsets[layer]!, heads),
      ),
  );
  return summedUp({ classes, repeats, sums, offsets, architecture });
}

/** Repeats of one sequence, with the keys after every earlier copy. */
export function repeatsWithKeys(tokens: readonly number[], start: number): RepeatWithKeys[] {
  const targets = inductionTargets(tokens, { start });
  return findRepeats(tokens, { start }).map((repeat) => ({
    ...repeat,
    keys: targets[repeat.query]!,
  }));
}

/** [1, measure, head] of a layer, whose heads begin at `first` of `all`, into [measure][layer][head]. */
function keepSums(into: Float64Array, { data, shape }: Tensor, first: number, all: number): void {
  const [, measures, heads] = shape as readonly [number, number, number];
  for (let measure = 0; measure < measures; measure++)
    for (let head = 0; head < heads; head++)
      into[measure * all + first + head] = data[measure * heads + head]!;
}

interface Sums {
  readonly classes: readonly RepeatClass[];
  readonly repeats: readonly (readonly RepeatWithKeys[])[];
  readonly sums: readonly Float64Array[];
  readonly offsets: readonly number[];
  readonly architecture: LoadedModel["architecture"];
}

function summedUp({ classes, repeats, sums, offsets, architecture }: Sums): RepeatScores {
  const heads = offsets.at(-1)!;
  const perHead = <Value>(of: (place: number) => Value): Value[][] =>
    offsets
      .slice(0, -1)
      .map((first, layer) =>
        Array.from({ length: offsets[layer + 1]! - first }, (_, head) => of(first + head)),
      );
  const total = (place: number) => sums.reduce((sum, row) => sum + row[place]!, 0);
  const counts = repeats.map((list) => list.length);
  const intervalsFrom = (first: number) =>
    perHead((place) =>
      intervalOf(
        sums.map((row) => row[first + place]!),
        counts,
      ),
    );
  return {
    groups: classes.map((repeatClass, measure) => {
      const own = repeats.flat().filter((repeat) => isOf(repeatClass, repeat));
      return {
        ...groupOf(repeatClass, own, architecture),
        scores: perHead((place) => total(measure * heads + place) / own.length),
      };
    }),
    intervals: intervalsFrom(0),
    everyCopy: intervalsFrom((classes.length - 1) * heads),
  };
}

function groupOf(
  repeatClass: RepeatClass,
  own: readonly RepeatWithKeys[],
  architecture: LoadedModel["architecture"],
): Omit<RepeatGroupResult, "scores"> {
  const { name, ngram, distance } = repeatClass;
  const decided = own.filter(({ continues }) => continues !== null);
  return {
    name,
    ngram,
    distance: distance && [distance[0], distance[1]],
    repeats: own.length,
    continues:
      decided.length === 0
        ? null
        : decided.filter(({ continues }) => continues).length / decided.length,
    uniform: uniformAttention(repeatClass, own, null),
    ...(forEachSight(architecture, (sight) => sight !== null).includes(true) && {
      uniformByLayer: forEachSight(architecture, (sight) =>
        uniformAttention(repeatClass, own, sight),
      ),
    }),
  };
}

/** What attention to all that a query sees pays the keys of a class, mean over repeats. */
function uniformAttention(
  repeatClass: RepeatClass,
  own: readonly RepeatWithKeys[],
  sees: Sight,
): number {
  const shareOf = (query: number, keys: readonly number[]) => {
    if (!sees) return keys.length / (query + 1);
    let visible = 0;
    for (let key = 0; key <= query; key++) visible += Number(sees(query, key));
    return keys.filter((key) => sees(query, key)).length / visible;
  };
  return mean(own.map((repeat) => shareOf(repeat.query, keysOf(repeatClass, repeat))));
}

/** Null where pieces with repeats are too few, or their numbers too uneven, to say. */
function intervalOf(sums: readonly number[], counts: readonly number[]): [number, number] | null {
  try {
    const { interval } = ratioInterval(sums, counts);
    return interval && [interval[0], interval[1]];
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}
