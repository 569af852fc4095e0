/** @file What `npm run bench:truth` prints: quality of labels with targets, confusions, errors one by one. */
import { labelQuality } from "../../dist/bench/measure/labelQuality.js";
import { row, table } from "../statistics.js";

const decimals = (value) => value.toFixed(3);

/** A cancelled copier is right as what it is, and as an induction head that is flagged inert. */
export function labelOf({ guess, flags, inert, truth }) {
  return inert && guess === "induction" && flags.includes("inert") ? truth : guess;
}

/** Heads of each model as { truth, label }, by verdict or by baseline. */
export const byVerdict = (models) =>
  models.map(({ heads }) => heads.map((head) => ({ truth: head.truth, label: labelOf(head) })));
export const byBaseline = (models) =>
  models.map(({ heads }) => heads.map(({ truth, baseline }) => ({ truth, label: baseline })));

/** The same models with their adversarial heads only. */
export const adversarialOf = (models) =>
  models.map((model) => ({
    ...model,
    heads: model.heads.filter(({ adversarial }) => adversarial),
  }));

/** Rows of the table that has targets, and whether they are met; targets are judged on all models only. */
export function qualityRows(models, judged) {
  const all = labelQuality(byVerdict(models));
  const plain = labelQuality(byBaseline(models));
  const hard = labelQuality(byVerdict(adversarialOf(models)));
  const hardPlain = labelQuality(byBaseline(adversarialOf(models)));
  const heads = models.flatMap((model) => model.heads);
  const share = heads.filter(({ adversarial }) => adversarial).length / heads.length;
  const fewest = Math.min(...Object.values(all.labels).map((label) => label.heads));
  const cut = models.filter(({ circuit }) => circuit === "cut");
  const withInduction = cut.filter((model) =>
    model.heads.some((head) => labelOf(head) === "induction"),
  );
  const at = (what, value, target, met) =>
    row(what, typeof value === "number" ? decimals(value) : value, target, judged ? met : null);
  const { f1, low } = all.labels.induction ?? { f1: 0, low: 0 };
  const lead = hard.macro.f1 - hardPlain.macro.f1;
  return [
    at("adversarial share of heads", share, ">= .300", share >= 0.3),
    at("heads of the rarest label", String(fewest), ">= 50", fewest >= 50),
    at("induction F1", f1, ">= .995", f1 >= 0.995),
    at("  95 % lower bound", low, ">= .950", low >= 0.95),
    at("macro-F1", all.macro.f1, ">= .950", all.macro.f1 >= 0.95),
    at("  95 % lower bound", all.macro.low, ">= .920", all.macro.low >= 0.92),
    at("macro-F1 of the baseline", plain.macro.f1, "", null),
    at("macro-F1, adversarial heads", hard.macro.f1, "", null),
    at("  of the baseline", hardPlain.macro.f1, "", null),
    at("  lead over the baseline", lead, ">= .100", lead >= 0.1),
    at(
      "cut models with an induction label",
      `${withInduction.length} of ${cut.length}`,
      "0",
      withInduction.length === 0,
    ),
    ...mechanismRows(models),
  ];
}

/** Which earlier heads feed a matching head, and by which route: not part of the label. */
function mechanismRows(models) {
  const fedHeads = models.flatMap(({ heads }) =>
    heads.filter(
      ({ fedBy, upstream }) => Object.values(fedBy).flat().length > 0 && upstream.length > 0,
    ),
  );
  const truth = ({ fedBy }) => (fedBy.k && fedBy.q ? "mixed" : fedBy.q ? "Q" : "K");
  const right = fedHeads.filter((head) => head.mechanism === truth(head)).length;
  const first = fedHeads.filter(({ fedBy, upstream }) => {
    const feeders = Object.entries(fedBy).flatMap(([route, names]) =>
      names.map((name) => `${route} ${name}`),
    );
    return feeders.includes(upstream[0]);
  }).length;
  return [
    row("mechanism K, Q or mixed is right", `${right} of ${fedHeads.length}`, "", null),
    row("the first upstream head is a true feeder", `${first} of ${fedHeads.length}`, "", null),
  ];
}

export function labelTable(title, heads) {
  const { confusion, labels, macro } = labelQuality(heads);
  const lines = Object.entries(labels).map(([label, { f1, low, heads: count }]) => {
    const others = Object.entries(confusion[label] ?? {})
      .filter(([guess]) => guess !== label)
      .sort((a, b) => b[1] - a[1])
      .map(([guess, times]) => `${guess} ${times}`);
    return row(
      label,
      decimals(f1),
      `low ${decimals(low)}`,
      null,
      `${count} heads${others.length ? `; called ${others.join(", ")}` : ""}`,
    );
  });
  return `${title}: macro-F1 ${decimals(macro.f1)}, low ${decimals(macro.low)}\n${table(lines)}`;
}

/** Share of heads labelled right, by a property of theirs. */
export function shareTable(title, models, keyOf) {
  const groups = new Map();
  for (const model of models)
    for (const head of model.heads) {
      const key = keyOf(head, model);
      const { right = 0, total = 0, plain = 0 } = groups.get(key) ?? {};
      groups.set(key, {
        right: right + (labelOf(head) === head.truth),
        plain: plain + (head.baseline === head.truth),
        total: total + 1,
      });
    }
  const lines = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { right, plain, total }]) =>
      row(key, `${right} of ${total}`, `baseline ${plain}`, null),
    );
  return `${title}, heads labelled right\n${table(lines)}`;
}

/** Every head that the verdict gets wrong, with its reason. */
export function errorsOf(models) {
  return models.flatMap(({ seed, architecture, heads }) =>
    heads
      .filter((head) => labelOf(head) !== head.truth)
      .map(
        ({ layer, head, kind, truth, guess, flags, why }) =>
          `seed ${seed} (${architecture}) ${layer}.${head} ${kind}: is ${truth}, called ${guess}${flags.length ? ` [${flags.join(", ")}]` : ""}: ${why}`,
      ),
  );
}

/** Null models by kind: how many have any label of the induction stripe. */
export function nullRows(nulls, judged) {
  const share = nulls.filter(({ labels }) => labels.length > 0).length / nulls.length;
  const kinds = [...new Set(nulls.map(({ kind }) => kind))];
  return [
    row(
      `null models with an induction label, of ${nulls.length}`,
      `${(100 * share).toFixed(1)} %`,
      "<= 2 %",
      judged ? share <= 0.02 : null,
    ),
    ...kinds.map((kind) => {
      const ofKind = nulls.filter((model) => model.kind === kind);
      const withLabels = ofKind.filter((model) => model.labels.length > 0).length;
      return row(`  ${kind}`, `${withLabels} of ${ofKind.length}`, "", null);
    }),
  ];
}
