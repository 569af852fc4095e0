/** @file From what was measured to the Result of `verdict`: the rules, the circuit, the words. */
import { plural } from "../../base/plural.ts";
import { kvHeadOf } from "../../models/kvHeadOf.ts";
import { headDepth } from "../../measure/headDepth.ts";
import { FEWEST_FOR_INTERVAL } from "../../measure/interval.ts";
import {
  causalEvidence,
  causalScale,
  type CausalEvidence,
  type CausalScale,
} from "../../measure/verdict/causalEvidence.ts";
import { verdictOf } from "../../measure/verdict/rules.ts";
import { NULL_HEADS } from "../../measure/verdict/thresholds.ts";
import type { Estimate } from "../../measure/verdict/estimate.ts";
import { mechanismOf, pathEffect } from "../../measure/verdict/upstream.ts";
import { layersOutOfReach } from "../../inputs/windowReach.ts";
import { drawnTokens } from "../../models/drawnTokens.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { beginResult } from "../../results/beginResult.ts";
import type { VerdictResult } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { footerOf, headerOf } from "../common/about.ts";
import { allHeads } from "../../interventions/headNames.ts";
import { headName, type HeadAt } from "../../base/headName.ts";
import { circuitOf } from "./circuitOf.ts";
import type { VerdictEvidence } from "./verdictEvidence.ts";
import type { VerdictPlan } from "./plan.ts";
import { reasonWords } from "./reasonWords.ts";
import { RULE_VERSION } from "./ruleVersion.ts";
import { effectsInto } from "./upstreamEvidence.ts";
import { headWorth, wholeWorth, worthWords } from "./worth.ts";
import { verdictWords } from "./verdictWords.ts";

type Head = VerdictResult["heads"][number];

/** Applies the rules to every head. */
export function verdictResultOf(
  model: LoadedModel,
  backend: Backend,
  measured: VerdictEvidence,
  { quick }: VerdictPlan,
  timings: Record<string, number>,
): VerdictResult {
  const { rows, heads: run, causal } = measured;
  const scale =
    causal &&
    causalScale(causal, run.candidates.length, {
      tokens: rows.causal.positions.length * rows.causal.clean.shape[0]!,
      vocabulary: drawnTokens(model.architecture).ids.length,
    });
  const heads = allHeads(model.architecture).map((at, index) =>
    headResult(model, measured, scale, at, index),
  );
  const circuit = circuitOf(heads);
  const counts = Object.fromEntries(
    [...new Set(heads.map(({ label }) => label))].map((label) => [
      label,
      heads.filter((head) => head.label === label).length,
    ]),
  );
  const result = {
    ...beginResult("induction-lens/verdict@1"),
    ...headerOf(model, rows.info, [
      ...rows.warnings,
      ...warningsOf(measured, quick),
      ...measured.lacking,
    ]),
    ruleVersion: RULE_VERSION,
    periods: rows.attention.map(({ period }) => period),
    screened: {
      quick,
      candidates: run.candidates.map(headName),
      leftOut: measured.leftOut.map(headName),
      nullHeads: run.nulls.map(headName),
      examples: {
        attention: rows.attention[0]!.repeated.shape[0]!,
        causal: rows.causal.clean.shape[0]!,
      },
    },
    causal: scale && { clean: scale.clean, corrupted: scale.corrupted, differs: scale.differs },
    counts,
    heads,
    circuit,
    ...(measured.worth && { worth: wholeWorth(measured.worth) }),
  };
  return {
    ...result,
    words: [
      ...verdictWords(result, layersOutOfReach(model.architecture, rows.causal.period)),
      ...worthWords(result),
    ],
    ...footerOf(backend, timings),
  };
}

function headResult(
  { architecture }: LoadedModel,
  measured: VerdictEvidence,
  scale: CausalScale | null,
  { layer, head }: HeadAt,
  index: number,
): Head {
  const { heads: run, causal } = measured;
  const attention = measured.attention[index]!;
  const candidate = run.candidates.findIndex(
    (other) => other.layer === layer && other.head === head,
  );
  const evidenceOfHead =
    causal && scale && candidate >= 0 ? causalEvidence(causal, scale, candidate) : null;
  const evidence = { attention, causal: evidenceOfHead, scale };
  const verdict = verdictOf(evidence);
  const { label, behaviours, flags } = verdict;
  const upstream = candidate >= 0 ? upstreamOf(architecture, measured, candidate) : [];
  const convolution = convolutionOf(measured, candidate);
  return {
    layer,
    head,
    kvHead: kvHeadOf(architecture, head),
    depth: headDepth(layer, architecture.layers),
    label,
    why: reasonWords(evidence, verdict),
    behaviours: behaviours.map(({ name, value, low, high }) => ({
      name,
      strength: value,
      low,
      high,
    })),
    flags: [...flags],
    ...(measured.worth && { worth: headWorth(measured.worth, { layer, head }) }),
    evidence: {
      attention: { ...attention, gains: [...attention.gains] },
      ...causalParts(measured, evidenceOfHead, candidate),
      upstream,
      mechanism:
        candidate >= 0
          ? mechanismOf(
              upstream.map(({ effect, ...part }) => ({ ...part, value: effect })),
              convolution,
            )
          : null,
      ...(convolution !== undefined && { convolution }),
    },
  };
}

/** Left out where no layer has a convolution; null for heads that were not run, or have no stripe to lose. */
function convolutionOf(
  { convolution }: VerdictEvidence,
  candidate: number,
): Estimate | null | undefined {
  if (!convolution) return undefined;
  const whole = convolution.whole[candidate];
  return whole && whole.length > 0 ? pathEffect(whole, convolution.cut[candidate]!) : null;
}

function causalParts(
  measured: VerdictEvidence,
  evidence: CausalEvidence | null,
  candidate: number,
) {
  return {
    copying: evidence?.copying
      ? { ...evidence.copying, weights: measured.weights?.copying[candidate] ?? null }
      : null,
    sufficiency: evidence?.sufficiency ?? null,
    necessity: evidence?.necessity ?? null,
    stripe: evidence?.stripe ?? null,
  };
}

/** Paths into one candidate, largest effect first. */
function upstreamOf(
  architecture: LoadedModel["architecture"],
  { heads: { candidates }, upstream, weights }: VerdictEvidence,
  candidate: number,
): Head["evidence"]["upstream"] {
  if (!upstream) return [];
  const receiver = candidates[candidate]!;
  const shared = architecture.kvHeads < architecture.heads;
  return effectsInto(upstream, candidates, candidate)
    .map(({ source, route, effect }) => {
      const at = ({ layer: l, head }: HeadAt) => l * architecture.heads + head;
      const column = weights?.composition[route].map((row) => row[at(receiver)]!) ?? null;
      const composition = column?.[at(source)] ?? null;
      return {
        ...source,
        route,
        replacement: "corrupted run" as const,
        effect: effect.value,
        low: effect.low,
        high: effect.high,
        composition,
        compositionRank:
          column && composition !== null
            ? 1 + column.filter((other) => other > composition).length
            : null,
        sharedKv: shared && route !== "q",
      };
    })
    .sort((a, b) => b.effect - a.effect);
}

function warningsOf(
  { rows, heads, attention, leftOut }: VerdictEvidence,
  quick: boolean,
): string[] {
  const examples = rows.attention[0]!.repeated.shape[0]!;
  const causal = rows.causal.clean.shape[0]!;
  const { candidates, nulls } = heads;
  return [
    ...(causal < FEWEST_FOR_INTERVAL
      ? [
          `${plural(examples, "example")} for attention and ${causal} for causal runs: under ${FEWEST_FOR_INTERVAL} there is no interval, and the rules go by means`,
        ]
      : []),
    ...(attention.every(({ p }) => p === null)
      ? [
          `p is null: ${plural(examples, "sequence")} ${examples === 1 ? "is" : "are"} too few for a test over ${plural(attention.length, "head")}, and the rules go by intervals`,
        ]
      : []),
    ...(candidates.length > 0 && nulls.length < NULL_HEADS
      ? [
          `the causal null has ${plural(nulls.length, "head")}, ${NULL_HEADS} are wanted${quick ? " (a quick verdict takes 10)" : ": the candidates' layers have no more without behaviours of their own"}`,
        ]
      : []),
    ...(leftOut.length > 0 && candidates.length > 0
      ? [
          `the quick verdict ran the ${plural(candidates.length, "strongest candidate")}; these attend like induction too and have no verdict: ${leftOut.map(headName).join(", ")}`,
        ]
      : []),
  ];
}
