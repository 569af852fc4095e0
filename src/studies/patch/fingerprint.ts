/** @file A head's fingerprint: which of its inputs carry its effect under four corruptions. */
import { beginResult } from "../../results/beginResult.ts";
import { checkCanRun } from "../common/canRun.ts";
import { footerOf, headerOf } from "../common/about.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { denoiseEffect } from "../../measure/effects.ts";
import { quantile } from "../../measure/interval.ts";
import { moments } from "../../measure/moments.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import {
  FINGERPRINT_DESIGNS,
  FINGERPRINT_UNITS,
  type FingerprintDesign,
  type FingerprintUnit,
} from "../../results/causalNames.ts";
import { type FingerprintCell, type FingerprintResult } from "./result.ts";
import { chunksOf, feedsFor } from "../../interventions/chunks.ts";
import { openChain, type Chain } from "../../interventions/chain.ts";
import { headName, type HeadAt } from "../../base/headName.ts";
import { pairOf, type Pair } from "../../inputs/pair.ts";
import { bothRuns, checkDifference, metricFeedsOf } from "../../interventions/pairRuns.ts";
import { mixedWith } from "../../interventions/patchVariants.ts";
import { hookName } from "../../models/anatomy/hookNames.ts";
import { valueOf } from "../../interventions/rows.ts";
import { hooksFor } from "../../interventions/units.ts";
import {
  FINGERPRINT_OPTIONS,
  fingerprintPlan,
  WANTED_NULLS,
  type FingerprintOptions,
} from "./planFingerprint.ts";
import { runVariants, type Variant, type VariantRuns } from "../../interventions/variantRuns.ts";
import { checkOptionNames } from "../../base/optionNames.ts";

const METRIC = "centred-logit";
const TICK = 0.5;
const CROSS = 0.2;

/** What an induction head shows, whether it finds its keys by their previous token or by the query's: all 20 cells. */
export const INDUCTION_FINGERPRINT: Readonly<
  Record<FingerprintDesign, readonly FingerprintUnit[]>
> = {
  AB: ["output", "q", "pattern"],
  BA: ["output"],
  BB: ["output", "v"],
  BC: ["output"],
};

/**
 * The table of corruption design x patched part of some heads, in effects on the centred target logit (denoise).
 *
 * A part is marked tick if its effect is at least half of the head's output effect of the same design, cross if at most a
 * fifth of it. With shared keys and values only the head's own copy is replaced.
 *
 * @returns a head `matches` if all 20 marks are those of {@link INDUCTION_FINGERPRINT} and its output effect is above the
 *   99th percentile of random heads of the same layers in every design
 * @throws {InputError} "unknown-head", "range" if a design makes no difference, and as {@link pairOf}
 * @see TransformerLens' patching demo, which reads the table off log-probabilities, where it does not hold
 */
export async function fingerprint(
  model: LoadedModel,
  options: FingerprintOptions,
): Promise<FingerprintResult> {
  checkOptionNames("fingerprint", options, FINGERPRINT_OPTIONS);
  checkCanRun("fingerprint", model);
  const engine = await engineFor(model, options);
  const { architecture } = model;
  const { heads: choices, nulls } = fingerprintPlan(architecture, options);
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const narrowest = await pairOf(architecture, { ...options, design: "BC" });
    const sizes = { ...options, seqLen: 2 * narrowest.period };
    const chain = await openChain(model, backend, {
      hooks: hooksFor(["head-out", "head-q", "head-pattern"]),
      metrics: [METRIC],
      length: narrowest.clean.shape[1]!,
      positions: narrowest.positions.length,
      signal: options.signal,
    });
    try {
      const tables: Partial<Record<FingerprintDesign, DesignTable>> = {};
      for (const design of FINGERPRINT_DESIGNS) {
        const pair = await pairOf(architecture, { ...sizes, design });
        tables[design] = await designTable(chain, pair, choices, nulls);
        options.progress?.("fingerprints", Object.keys(tables).length, FINGERPRINT_DESIGNS.length);
      }
      return {
        ...beginResult("induction-lens/fingerprint@1"),
        ...headerOf(model, narrowest.input, [...narrowest.warnings, ...fewNulls(nulls)]),
        ...cellTables(tables as Record<FingerprintDesign, DesignTable>, choices, nulls),
        ...footerOf(backend, { run: elapsed() }),
      };
    } finally {
      await chain.close();
    }
  });
}

function fewNulls(nulls: readonly HeadAt[]): string[] {
  return nulls.length < WANTED_NULLS
    ? [`the null has ${nulls.length} random heads of the same layers, ${WANTED_NULLS} are wanted`]
    : [];
}

interface DesignTable {
  readonly clean: Float64Array;
  readonly corrupted: Float64Array;
  /** [head][unit]: the metric per example. */
  readonly heads: readonly Readonly<Record<FingerprintUnit, Float64Array>>[];
  readonly nulls: readonly Float64Array[];
}

async function designTable(
  chain: Chain,
  pair: Pair,
  choices: readonly HeadAt[],
  nulls: readonly HeadAt[],
): Promise<DesignTable> {
  const examples = pair.clean.shape[0]!;
  const feeds = metricFeedsOf(pair, [METRIC]);
  const empty = () => new Float64Array(examples);
  const runs = { clean: { [METRIC]: empty() }, corrupted: { [METRIC]: empty() } };
  const table = {
    heads: choices.map(
      () =>
        Object.fromEntries(FINGERPRINT_UNITS.map((unit) => [unit, empty()])) as Record<
          FingerprintUnit,
          Float64Array
        >,
    ),
    nulls: nulls.map(empty),
  };
  for (const chunk of chunksOf(examples, chain.rows)) {
    const { clean, corrupted, read } = await bothRuns(chain, pair, feeds, chunk, [METRIC], runs);
    const groups = async function* (): AsyncGenerator<VariantRuns> {
      for (const layer of new Set([...choices, ...nulls].map((head) => head.layer))) {
        const z = hookName(layer, "attn.hook_z");
        const sources: Record<FingerprintUnit, Awaited<ReturnType<typeof mixedWith>>> = {
          output: valueOf(clean, z),
          q: await mixedWith(chain, layer, "head-q", corrupted, clean),
          k: await mixedWith(chain, layer, "head-k", corrupted, clean),
          v: await mixedWith(chain, layer, "head-v", corrupted, clean),
          pattern: await mixedWith(chain, layer, "head-pattern", corrupted, clean),
        };
        const jobs = [
          ...choices.flatMap((head, index) =>
            FINGERPRINT_UNITS.map((unit) => ({ one: head, unit, into: table.heads[index]![unit] })),
          ),
          ...nulls.map((head, index) => ({
            one: head,
            unit: "output" as const,
            into: table.nulls[index]!,
          })),
        ].filter(({ one: head }) => head.layer === layer);
        const variants = jobs.map(({ one: head, unit }): Variant => [
          { value: z, source: sources[unit], part: { heads: [head.head] } },
        ]);
        yield {
          ...{ from: z, base: corrupted, examples: chunk.length, variants },
          feeds: feedsFor(feeds, chunk),
          read: (trace, row, { example }) => [read[METRIC]!(trace, row, example)],
          store: ({ variant, example }, [value]) => {
            jobs[variant]!.into[chunk[example]!] = value!;
          },
        };
      }
    };
    await runVariants(chain, groups());
  }
  checkDifference(runs, METRIC);
  return { clean: runs.clean[METRIC], corrupted: runs.corrupted[METRIC], ...table };
}

/** From metrics to effects, marks and the answer. */
function cellTables(
  tables: Readonly<Record<FingerprintDesign, DesignTable>>,
  choices: readonly HeadAt[],
  nulls: readonly HeadAt[],
): Pick<FingerprintResult, "metric" | "null" | "heads"> {
  const byDesign = <Value>(each: (table: DesignTable, design: FingerprintDesign) => Value) =>
    Object.fromEntries(
      FINGERPRINT_DESIGNS.map((design) => [design, each(tables[design], design)]),
    ) as Record<FingerprintDesign, Value>;
  const effects = byDesign((table) => nullEffect(table));
  return {
    metric: byDesign(({ clean, corrupted }) => ({
      name: METRIC,
      clean: moments(clean).mean,
      corrupted: moments(corrupted).mean,
    })),
    null: { heads: nulls.map(headName), effect: effects },
    heads: choices.map((head, index) => {
      const cells = byDesign((table) => cellsOf(table, index));
      const aboveNull = FINGERPRINT_DESIGNS.every(
        (design) => cells[design].output.effect > effects[design],
      );
      const matches =
        aboveNull && FINGERPRINT_DESIGNS.every((design) => isInduction(design, cells[design]));
      return { ...head, cells, aboveNull, matches };
    }),
  };
}

function nullEffect({ clean, corrupted, nulls }: DesignTable): number {
  const sizes = nulls
    .map((patched) => Math.abs(denoiseEffect({ clean, corrupted, patched }).effect))
    .sort((a, b) => a - b);
  return sizes.length === 0 ? 0 : quantile(sizes, 0.99);
}

function cellsOf(
  { clean, corrupted, heads }: DesignTable,
  index: number,
): Record<FingerprintUnit, FingerprintCell> {
  const effectOf = (unit: FingerprintUnit) =>
    denoiseEffect({ clean, corrupted, patched: heads[index]![unit] });
  const output = effectOf("output").effect;
  return Object.fromEntries(
    FINGERPRINT_UNITS.map((unit) => {
      const { effect, interval } = effectOf(unit);
      const share = effect / output;
      const mark = share >= TICK ? "tick" : share <= CROSS ? "cross" : "between";
      return [unit, { effect, low: interval?.[0] ?? null, high: interval?.[1] ?? null, mark }];
    }),
  ) as Record<FingerprintUnit, FingerprintCell>;
}

function isInduction(
  design: FingerprintDesign,
  cells: Readonly<Record<FingerprintUnit, FingerprintCell>>,
): boolean {
  return FINGERPRINT_UNITS.every(
    (unit) =>
      cells[unit].mark === (INDUCTION_FINGERPRINT[design].includes(unit) ? "tick" : "cross"),
  );
}
