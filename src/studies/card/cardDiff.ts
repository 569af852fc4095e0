/** @file `card diff`: what changed from one card of a model to the next. */
import { InputError } from "../../base/errors.ts";
import { shownValue } from "../../base/faultSentences.ts";
import { headName } from "../../base/headName.ts";
import { isObject } from "../../base/isObject.ts";
import { someOf } from "../../base/someOf.ts";
import { labelChangesOf } from "../compare/labelChanges.ts";
import { beginResult } from "../../results/beginResult.ts";
import { ruleWarning } from "../verdict/ruleVersion.ts";
import type { CardDiffResult } from "./resultDiff.ts";
import type { CardResult } from "./result.ts";

/**
 * Labels, flags, edges of the circuit and losses that changed. Intervals say which changes other rows could not undo.
 *
 * @throws {InputError} "result" for what is no card, and for cards of models with other layers or heads
 */
export function cardDiff(before: CardResult, after: CardResult): CardDiffResult {
  for (const card of [before, after])
    if (!isObject(card) || card.schema !== "induction-lens/card@1")
      throw new InputError(
        "result",
        `cardDiff needs two Results of \`card\`, got ${shownValue(card)}`,
      );
  checkSizes(before, after);
  const changes = labelChangesOf(before.verdict, after.verdict);
  const change = (name: "firstCopy" | "secondCopy" | "copyGain") =>
    after.losses[name].value - before.losses[name].value;
  const diff = {
    ...beginResult("induction-lens/card-diff@1"),
    old: sideOf(before),
    new: sideOf(after),
    sameWeights: before.model.sha256 === after.model.sha256,
    changes,
    losses: {
      firstCopy: change("firstCopy"),
      secondCopy: change("secondCopy"),
      copyGain: change("copyGain"),
    },
    warnings: warningsOf(before, after),
  };
  return { ...diff, words: wordsOf(diff) };
}

function sideOf({ model, version, verdict }: CardResult): CardDiffResult["old"] {
  const induction = Array.from({ length: model.layers }, (_, layer) =>
    verdict.heads
      .filter((head) => head.layer === layer)
      .map(({ evidence }) => evidence.attention.induction.value),
  );
  return { model, version, induction };
}

function checkSizes({ model: from }: CardResult, { model: other }: CardResult): void {
  if (from.layers === other.layers && from.heads === other.heads) return;
  const size = (model: typeof from) => `${model.layers} layers of ${model.heads} heads`;
  throw new InputError(
    "result",
    `cards are compared head by head, got ${from.id} with ${size(from)} and ${other.id} with ${size(other)} (compare takes models of any sizes)`,
  );
}

function warningsOf(before: CardResult, after: CardResult): string[] {
  const rowsOf = ({ input }: CardResult) =>
    JSON.stringify([input.kind, input.seed, input.length, input.bos, input.tokensSha256]);
  const ofRules = ruleWarning(["the old card", before.verdict], ["the new one", after.verdict]);
  return [
    ...(ofRules === null ? [] : [ofRules]),
    ...(rowsOf(before) === rowsOf(after)
      ? []
      : ["the cards were made on different rows, so some of what differs may be due to them"]),
    ...(before.version === after.version
      ? []
      : [`the cards were made by versions ${before.version} and ${after.version}`]),
    ...(before.verdict.screened.quick === after.verdict.screened.quick
      ? []
      : ["one card has a quick verdict, the other a full one"]),
  ];
}

function wordsOf({ changes, losses, sameWeights }: Omit<CardDiffResult, "words">): string[] {
  const { labels, edges } = changes;
  const changed = labels.map((change) => `${headName(change)} ${change.from} to ${change.to}`);
  const sure = labels.filter(({ parted }) => parted.length > 0).length;
  return [
    sameWeights ? "The weights are the same." : "The weights differ.",
    labels.length === 0
      ? "No label changed."
      : `Labels that changed: ${someOf(changed, ", ", 8)}; of ${labels.length} the evidence of ${sure} parts beyond its intervals.`,
    `Edges of the circuit that are gained: ${edges.gained.length}, lost: ${edges.lost.length}. The copy gain changed by ${losses.copyGain.toFixed(3)} nats.`,
  ];
}
