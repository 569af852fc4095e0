/** @file What `compare` shows: the maps of two models and their difference, the family, and what changed. */
import { UNIT_SCALE } from "../../draw/headScale.ts";
import { ATTENTION_SCORES, scoreRow } from "../../measure/attentionTables.ts";
import { uniformOf } from "../../measure/uniformScores.ts";
import { plural } from "../../base/plural.ts";
import { linePicture, matricesPicture } from "../../draw/pictures.ts";
import {
  divergingScale,
  headColumn,
  modelWords,
  pictureNames,
  pictureWords,
  settingsOf,
  type StudyPicture,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";
import { COMPARED, type CompareResult, type ComparedModel, type ComparedPair } from "./result.ts";
import { changeTables, differenceOfMaps, mapsOf } from "./viewMaps.ts";
import { depthFigure, familyFigure } from "./viewFamily.ts";

export function compareView(result: CompareResult): StudyView {
  const { models, pairs, words, settings, rows, warnings } = result;
  const same = pairs.filter(({ heads }) => heads !== null);
  return {
    title: `Comparison of ${models.map(({ id }) => id).join(", ")}`,
    lines: [
      ...models.map(modelWords),
      `${plural(models[0]!.input.examples, "row")} of ${plural(models[0]!.input.length, "token")}, ${rows.shared ? "the same for all models" : "other ones for each model"}; differences are second - first; margin ${settings.margin.attention} of attention and ${settings.margin.effect} logits`,
    ],
    sentences: words,
    map: same[0] ? differenceMap(result, same[0]) : null,
    pictures: picturesOf(result, same),
    tables: [
      modelTable(models),
      ...pairs.flatMap((pair) => pairTables(models, pair)),
      modelLossTable(models),
      lossTable(models, pairs),
    ],
    ...(same.length === 1 && { everyHead: () => bothTable(models, same[0]!) }),
    csv: () => (same.length > 0 ? headTable(models, same) : modelTable(models)),
    settings: [
      ...models.flatMap(({ id, sha256, revision }) => [
        [`sha256 of the weights of ${id}`, sha256] as const,
        ...(revision === null ? [] : [[`revision of ${id}`, revision] as const]),
      ]),
      ...settingsOf({ ...result, model: null, input: models[0]!.input }),
    ],
    warnings,
  };
}

function picturesOf(result: CompareResult, same: readonly ComparedPair[]): StudyPicture[] {
  const sizes = new Set(result.models.map(({ parameters }) => parameters));
  return [
    ...same.map((pair) => matricesPicture(inductionMaps(result, pair))),
    ...(sizes.size > 1 ? [linePicture(familyFigure(result))] : []),
    linePicture(depthFigure(result)),
  ];
}

/** The induction maps of both models, and the difference. */
function inductionMaps({ models, words }: CompareResult, pair: ComparedPair) {
  const [first, second] = namedPair(models, pair);
  return mapsOf(sideOf(first), sideOf(second), {
    title: `Induction score of ${first.id}, of ${second.id}, and the difference`,
    subtitle: [modelWords(first), modelWords(second)],
    scaleLabel: "mean attention to the token after the earlier copy, 0 to 1",
    description: pictureWords(
      words,
      models.map(({ id }) => id),
    ),
  });
}

/** The models of a pair under the names that a picture has for them. */
function namedPair(
  models: readonly ComparedModel[],
  pair: ComparedPair,
): [ComparedModel, ComparedModel] {
  const both = [models[pair.first]!, models[pair.second]!] as const;
  const [firstName, other] = pictureNames(both.map(({ id }) => id)) as [string, string];
  return [
    { ...both[0], id: firstName },
    { ...both[1], id: other },
  ];
}

const sideOf = ({ id, scores }: ComparedModel) => ({ id, values: scores.induction });

function differenceMap({ models, words }: CompareResult, pair: ComparedPair): StudyView["map"] {
  const [first, second] = namedPair(models, pair);
  const values = differenceOfMaps(sideOf(first), sideOf(second));
  return {
    title: `Induction score of ${second.id} less that of ${first.id}`,
    subtitle: [modelWords(first), modelWords(second)],
    values,
    scale: divergingScale(values),
    scaleLabel: "difference of the induction score",
    marked: {
      heads: pair.heads!.filter(({ found: names }) => names.length > 0),
      label: "differs in attention or direct effect",
    },
    description: pictureWords(
      words,
      models.map(({ id }) => id),
    ),
  };
}

function modelTable(models: readonly ComparedModel[]): StudyTable {
  return {
    caption: "Models: the best head, and how many heads are or attend like induction",
    columns: [
      "model",
      "parameters",
      { name: "best", key: "best", isHead: true },
      "score",
      "low",
      "high",
      { name: "depth", key: "bestDepth" },
      { name: "heads", key: "inductionHeads" },
    ],
    rows: models.map(({ id, parameters, best, inductionHeads }) => [
      id,
      parameters,
      { layer: best.layer, head: best.head },
      best.score,
      best.low,
      best.high,
      best.depth,
      inductionHeads.count,
    ]),
  };
}

const LOSSES = {
  firstCopy: "first copy",
  secondCopy: "second copy",
  copyGain: "copy gain",
} as const;
const LOSS_NAMES = Object.keys(LOSSES) as (keyof typeof LOSSES)[];

function modelLossTable(models: readonly ComparedModel[]): StudyTable {
  return {
    caption: "Losses, nats",
    columns: ["model", "loss", "nats", "low", "high"],
    rows: models.flatMap(({ id, loss }) =>
      loss === null
        ? []
        : LOSS_NAMES.map((name) => [
            id,
            LOSSES[name],
            loss[name].value,
            loss[name].low,
            loss[name].high,
          ]),
    ),
  };
}

function pairTables(models: readonly ComparedModel[], pair: ComparedPair): StudyTable[] {
  return [
    ...(pair.heads ? [foundTable(models, pair)] : []),
    ...(pair.changes
      ? changeTables(pair.changes, `from ${models[pair.first]!.id} to ${models[pair.second]!.id}`)
      : []),
    matchingTable(models, pair),
  ];
}

const namesOf = (models: readonly ComparedModel[], { first, second }: ComparedPair) =>
  `${models[second]!.id} less ${models[first]!.id}`;

/** A row for each difference that was found, largest first. */
function foundTable(models: readonly ComparedModel[], pair: ComparedPair): StudyTable {
  const differences = pair.heads!.flatMap((head) =>
    head.found.map((name) => ({ head, name, ...head[name]! })),
  );
  return {
    caption: `Heads that differ, ${namesOf(models, pair)}; q is p adjusted over ${pair.tests} tests`,
    columns: [headColumn(), "measure", "difference", "low", "high", "q"],
    rows: differences
      .toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value))
      .map(({ head: { layer, head }, name, value, low, high, q }) => [
        { layer, head },
        name === "effect" ? "direct effect" : scoreRow(name).title,
        value,
        low,
        high,
        q,
      ]),
  };
}

/** Every head of a pair: its scores in both models, and the differences. */
function bothTable(models: readonly ComparedModel[], pair: ComparedPair): StudyTable {
  const [first, second] = [models[pair.first]!, models[pair.second]!];
  const [firstName, secondName] = pictureNames([first.id, second.id]);
  const sides = [
    { suffix: "First", model: first, name: firstName! },
    { suffix: "Second", model: second, name: secondName! },
  ];
  return {
    caption: "Every head in both models; differences are second - first",
    columns: [
      headColumn(),
      ...ATTENTION_SCORES.flatMap((score) =>
        sides.map(({ suffix, name }) => ({
          ...{ name: `${scoreRow(score).title} in ${name}`, key: `${score}${suffix}` },
          scale: UNIT_SCALE,
        })),
      ),
      ...COMPARED.map((name) => ({ name: `difference of ${name}`, key: `${name}Difference` })),
    ],
    rows: pair.heads!.map((row) => [
      { layer: row.layer, head: row.head },
      ...ATTENTION_SCORES.flatMap((score) =>
        sides.map(({ model }) => model.scores[score][row.layer]![row.head]!),
      ),
      ...COMPARED.map((name) => row[name]?.value ?? null),
    ]),
  };
}

/** Every head of every pair, for files. */
function headTable(models: readonly ComparedModel[], pairs: readonly ComparedPair[]): StudyTable {
  return {
    caption: "Every head",
    columns: [
      "first",
      "second",
      headColumn(),
      ...COMPARED.flatMap((name) => [
        { name, key: name },
        "low",
        "high",
        { name: `q of ${name}`, key: `${name}Q` },
      ]),
      "found",
    ],
    rows: pairs.flatMap((pair) =>
      pair.heads!.map((head) => [
        models[pair.first]!.id,
        models[pair.second]!.id,
        { layer: head.layer, head: head.head },
        ...COMPARED.flatMap((name) => {
          const difference = head[name];
          return difference
            ? [difference.value, difference.low, difference.high, difference.q]
            : [null, null, null, null];
        }),
        head.found.join(" "),
      ]),
    ),
  };
}

function matchingTable(models: readonly ComparedModel[], pair: ComparedPair): StudyTable {
  const [first, second] = [models[pair.first]!, models[pair.second]!];
  return {
    caption: `Heads of ${first.id} and ${second.id} that are each other's nearest by what they do`,
    columns: [
      headColumn("first"),
      headColumn("second"),
      "distance",
      { name: "does most", key: "behaviour" },
    ],
    rows: pair.matching.matches.map((match) => [
      match.first,
      match.second,
      match.distance,
      strongest(first, match.first),
    ]),
    terminalRows: 10,
  };
}

/** The score that is most above uniform attention, with its value. */
function strongest(
  model: ComparedModel,
  { layer, head }: { readonly layer: number; readonly head: number },
): string {
  const above = ATTENTION_SCORES.map((name) => ({
    name,
    value: model.scores[name][layer]![head]!,
    more: model.scores[name][layer]![head]! - uniformOf(model, name, layer),
  }));
  const { name, value } = above.reduce((most, change) => (change.more > most.more ? change : most));
  return `${scoreRow(name).title} ${value.toFixed(2)}`;
}

function lossTable(models: readonly ComparedModel[], pairs: readonly ComparedPair[]): StudyTable {
  return {
    caption: "Losses, second - first, nats",
    columns: ["first", "second", "loss", "difference", "low", "high", "p"],
    rows: pairs.flatMap(({ first, second, loss }) =>
      loss === null
        ? []
        : LOSS_NAMES.map((name) => [
            models[first]!.id,
            models[second]!.id,
            LOSSES[name],
            loss[name].value,
            loss[name].low,
            loss[name].high,
            loss[name].p,
          ]),
    ),
  };
}
