/**
 * @file What `npm run bench:trained` prints: "matters" and "feeds" of the verdict against the exact truth, and rankings by what
 * people use today.
 */
import { averagePrecision, detectionQuality } from "../../dist/bench/measure/detectionQuality.js";
import { row } from "../statistics.js";
import { MOMENTS } from "./folder.js";

/** A head matters from this share of the model's copy gain on; a model that gains less than this many nats copies nothing. */
const LEAST_SHARE = 0.05;
const LEAST_GAIN = 0.5;
/** A path is an edge from this share of the receiver's stripe on, where the receiver has a stripe of that size at all. */
const LEAST_EDGE = 0.1;
const LEAST_STRIPE = 0.1;

const ACTING = ["induction", "anti-induction", "copy-suppression"];
const RANKINGS = {
  attention: "induction score",
  eigenvalues: "size of the eigenvalue share",
  ablation: "single mean ablation",
  attribution: "attribution patching",
};
const decimals = (value) => (value === null ? "none" : value.toFixed(3));

/** @param answers of the workers: { number, about, moments: [{ moment, truth, verdict, baselines }] } */
export function reportRows(answers, judged) {
  const models = answers.flatMap(({ about, moments }) =>
    moments.map((moment) => ({ about, ...moment })),
  );
  const heads = models.flatMap(headsOf);
  const copying = models.filter(({ truth }) => truth.copyGain.all >= LEAST_GAIN);
  return [
    row("models, each at one moment", `${models.length}`, "", null, `${copying.length} copy`),
    row(
      "heads",
      `${heads.length}`,
      "",
      null,
      `${heads.filter((head) => head.matters).length} matter`,
    ),
    ...mattersRows(heads, judged),
    ...groupRows(heads),
    ...undecidedRows(heads),
    ...rankingRows(heads),
    ...edgeRows(models, judged),
  ];
}

/** A head with its truth, what the verdict says, and numbers of the rankings as shares of the model's. */
function headsOf({ about, moment, truth, verdict, baselines }) {
  const copies = truth.copyGain.all >= LEAST_GAIN;
  const least = LEAST_SHARE * truth.copyGain.all;
  const feeders = new Set(verdict.edges.map(({ from }) => from));
  return verdict.heads.map(({ name, label, flags, worth }) => {
    const { value, low, high } = truth.values[name];
    const acts = ACTING.includes(label) && !flags.includes("inert");
    return {
      groups: [moment, gainGroup(truth.copyGain.all), ...Object.values(about)],
      matters: copies && Math.abs(value) >= least,
      sure: copies && (low > least || high < -least || (low > -least && high < least)),
      guess: verdict.copies && worth !== null && Math.abs(worth.share) >= LEAST_SHARE,
      byLabel: acts || feeders.has(name),
      undecided: worth?.matters === "undecided",
      ...baselines[name],
    };
  });
}

/** What the model itself can do: a model with little copy gain may have it without induction, by tokens that come again. */
function gainGroup(gain) {
  if (gain < LEAST_GAIN) return "copy gain under .5 nats";
  return gain < 2 ? "copy gain from .5 to 2 nats" : "copy gain from 2 nats on";
}

const qualityOf = (heads, key) =>
  detectionQuality(
    heads.map(key),
    heads.map(({ matters }) => matters),
  );

function mattersRows(heads, judged) {
  const { precision, recall, f1 } = qualityOf(heads, ({ guess }) => guess);
  const met = (value) => (judged && value !== null ? value >= 0.95 : null);
  const sure = heads.filter((head) => head.sure);
  const labels = qualityOf(heads, ({ byLabel }) => byLabel);
  const clear = qualityOf(sure, ({ guess }) => guess);
  return [
    row("matters: precision", decimals(precision), ">= .95", met(precision)),
    row("matters: recall", decimals(recall), ">= .95", met(recall)),
    row("matters: F1", decimals(f1), "", null),
    row(
      "  heads whose value is surely above or below the threshold",
      `${decimals(clear.precision)} ${decimals(clear.recall)}`,
      "",
      null,
      `precision and recall, ${sure.length} heads`,
    ),
    row(
      "  by labels and edges alone, without --matters",
      `${decimals(labels.precision)} ${decimals(labels.recall)}`,
      "",
      null,
      "precision and recall",
    ),
  ];
}

function groupRows(heads) {
  const groups = [...new Set(heads.flatMap((head) => head.groups))];
  const rank = (group) => (MOMENTS.includes(group) ? MOMENTS.indexOf(group) - MOMENTS.length : 0);
  return groups
    .sort((a, b) => rank(a) - rank(b))
    .map((group) => {
      const members = heads.filter((head) => head.groups.includes(group));
      const { precision, recall } = qualityOf(members, ({ guess }) => guess);
      const true_ = members.filter(({ matters }) => matters).length;
      return row(
        `  ${group}`,
        `${decimals(precision)} ${decimals(recall)}`,
        "",
        null,
        `${true_} of ${members.length} matter`,
      );
    });
}

/** How often the verdict is wrong about heads that it flags, and about the others. */
function undecidedRows(heads) {
  return [true, false].map((undecided) => {
    const members = heads.filter((head) => head.undecided === undecided);
    const wrong = members.filter(({ guess, matters }) => guess !== matters).length;
    const share =
      members.length === 0 ? "none" : `${((100 * wrong) / members.length).toFixed(1)} %`;
    const which = undecided ? "flagged undecided" : "not flagged";
    return row(`wrong about heads ${which}`, share, "", null, `${wrong} of ${members.length}`);
  });
}

/** Each ranking gets the one threshold that is best for it in hindsight, over all models together. */
function rankingRows(heads) {
  const truth = heads.map(({ matters }) => matters);
  return Object.entries(RANKINGS).map(([name, words]) => {
    const scores = heads.map((head) => head[name]);
    const { precision, recall, f1 } = bestCut(scores, truth);
    return row(
      `ranking by ${words}, F1`,
      decimals(f1),
      "",
      null,
      `precision ${decimals(precision)}, recall ${decimals(recall)} at its best threshold in hindsight; average precision ${decimals(averagePrecision(scores, truth))}`,
    );
  });
}

function bestCut(scores, truth) {
  const cuts = [...new Set(scores)].map((cut) =>
    detectionQuality(
      scores.map((score) => score >= cut),
      truth,
    ),
  );
  return cuts.reduce((best, cut) => ((cut.f1 ?? -1) > (best.f1 ?? -1) ? cut : best));
}

/** Paths into keys and queries of heads that matter and attend to their targets: all of them are known. */
function edgeRows(models, judged) {
  const pairs = models.flatMap((model) => {
    const mattering = new Set(
      headsOf(model).flatMap(({ matters }, at) => (matters ? [model.verdict.heads[at].name] : [])),
    );
    const key = ({ from, to, route }) => `${route} ${from} ${to}`;
    const { paths, edges } = model.verdict;
    const foundEdges = new Set(paths.filter(({ effect }) => effect >= LEAST_EDGE).map(key));
    const sure = new Set(edges.map(key));
    return model.truth.edges
      .filter(({ to, stripe }) => mattering.has(to) && stripe >= LEAST_STRIPE)
      .map((edge) => ({
        truth: edge.drop >= LEAST_EDGE * edge.stripe,
        found: foundEdges.has(key(edge)),
        sure: sure.has(key(edge)),
      }));
  });
  const truth = pairs.map((pair) => pair.truth);
  const [found, sure] = ["found", "sure"].map((which) =>
    detectionQuality(
      pairs.map((pair) => pair[which]),
      truth,
    ),
  );
  const met = (value) => (judged && value !== null ? value >= 0.9 : null);
  const note = `${truth.filter(Boolean).length} of ${pairs.length} paths into keys and queries`;
  return [
    row(
      "edges, paths of a tenth or more: precision",
      decimals(found.precision),
      ">= .9",
      met(found.precision),
      note,
    ),
    row(
      "edges, paths of a tenth or more: recall",
      decimals(found.recall),
      ">= .9",
      met(found.recall),
    ),
    row(
      "  those of the circuit, surely a tenth",
      `${decimals(sure.precision)} ${decimals(sure.recall)}`,
      "",
      null,
      "precision and recall",
    ),
  ];
}
