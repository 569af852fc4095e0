/**
 * @file Models of kinds that are in no population on which rules were made: each a circuit of its own, with what is true of every
 * head. Labels are those of docs/verdict.md, by what a head attends to and what is lost without it.
 */
import { random, type Random } from "../../../src/base/random.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import {
  D_HEAD,
  drawFeatures,
  headParts,
  openFeatureModel,
  WIDTH,
  type FeatureModel,
  type Features,
  type Head,
  type Label,
  type Space,
} from "./featureModel.ts";

type Parts = ReturnType<typeof headParts>;

export interface HeldOut {
  readonly what: string;
  /** [layer]; each is filled up with heads that do nothing, rest or look at themselves. */
  readonly build: (parts: Parts, features: Features, draw: Random) => FeatureModel;
  readonly extra?: readonly Space[];
  /** Labels that are as true as a head's own. */
  readonly accepts?: Readonly<Partial<Record<Label, readonly Label[]>>>;
}

const SHARP = 12;
const COPY = 8;
const HALF = WIDTH / 2;
const NOISES = [0.02, 0.05, 0.1, 0.2];

/** A head that looks one back and writes what it sees where keys are read. */
const feeder = ({ write, distance, blank }: Parts) =>
  write(distance(blank("previous-token"), 1, 14), "previous", 1);

const copier = (
  { write, rest, match, blank }: Parts,
  strength = COPY,
  label: Label = "induction",
) => write(rest(match(blank(label), SHARP), 5), "prediction", strength);

export const HELD_OUT: readonly HeldOut[] = [
  {
    what: "a pointer in its query: a duplicate-token head writes where the copy stood, the next looks one after that",
    extra: ["aside"],
    build(parts) {
      const pointer = parts.write(parts.same(parts.blank("duplicate-token"), 16), "aside", 1, {
        from: "position",
      });
      const reader = parts.rest(parts.distance(parts.blank("induction"), -1, SHARP, "aside"), 5);
      return { heads: [[pointer], [parts.write(reader, "prediction", COPY)]] };
    },
  },
  {
    what: "keys that two previous-token heads fill, half of the entries each",
    build(parts) {
      const half = (entries: [number, number]) =>
        parts.write(parts.distance(parts.blank("previous-token"), 1, 14), "previous", 1, {
          entries,
        });
      return { heads: [[half([0, HALF]), half([HALF, WIDTH])], [copier(parts)]] };
    },
  },
  {
    what: "an MLP between: it makes keys of what the previous-token head writes",
    extra: ["aside"],
    build(parts) {
      const first = parts.write(parts.distance(parts.blank("previous-token"), 1, 14), "aside", 1);
      const heads = [[first], [copier(parts)]];
      return { heads, mlps: [{ from: "aside", to: "previous", strength: 1 }, null] };
    },
  },
  {
    what: "a copy with its sign turned twice: the head writes the opposite, and an MLP turns it back into a prediction",
    extra: ["aside"],
    build(parts) {
      const matching = parts.rest(parts.match(parts.blank("induction"), SHARP), 5);
      const writer = parts.write(matching, "aside", -1);
      const heads = [[feeder(parts)], [writer]];
      return { heads, mlps: [null, { from: "aside", to: "prediction", strength: -COPY }] };
    },
  },
  {
    what: "a head that attends to its target for half of the vocabulary, and rests for the other",
    build(parts, { at }) {
      const head = parts.rest(parts.match(parts.blank("induction"), SHARP), SHARP);
      // The first entry of a token is positive for half of all tokens: these ask for the first position.
      head.q[at.token * D_HEAD + 2 * WIDTH] = 100;
      return { heads: [[feeder(parts)], [parts.write(head, "prediction", COPY)]] };
    },
  },
  {
    what: "two heads that attend alike and cancel: one copies, the other lowers as much",
    build(parts) {
      const heads = [copier(parts), copier(parts, -COPY, "anti-induction")];
      return { heads: [[feeder(parts)], heads] };
    },
  },
  {
    what: "RMS norms whose gains lie apart by a factor of a thousand",
    build: (parts) => ({ heads: [[feeder(parts)], [copier(parts)]], gainSpread: 1e3 }),
  },
  {
    what: "a duplicate-token head whose output a later head raises: the current token comes again, nothing is induced",
    extra: ["aside"],
    build(parts) {
      const first = parts.write(parts.same(parts.blank("duplicate-token"), 16), "aside", 1);
      const raiser = parts.distance(parts.blank("current-token"), 0, 12);
      parts.write(raiser, "prediction", COPY, { from: "aside" });
      return { heads: [[first], [raiser]] };
    },
  },
  {
    what: "a feeder two back: the matching head attends two after the copy and raises that token",
    build(parts) {
      const first = parts.write(parts.distance(parts.blank("positional"), 2, 14), "previous", 1);
      return { heads: [[first], [copier(parts, COPY, "other")]] };
    },
  },
  {
    what: "a head that spreads over every fourth token back and copies",
    accepts: { other: ["positional"] },
    build(parts) {
      const strided = parts.blank("other");
      for (const back of [4, 8, 12, 16, 20, 24]) parts.distance(strided, back, 9);
      return { heads: [[feeder(parts)], [parts.write(strided, "prediction", COPY)]] };
    },
  },
  {
    what: "a head that reads what a feeder wrote one after the target: right predictions without looking at the target",
    build(parts) {
      const two = parts.write(parts.distance(parts.blank("positional"), 2, 14), "aside", 1);
      const reader = parts.blank("other");
      parts.eye(reader.q, "token", 0, SHARP);
      parts.eye(reader.k, "aside", 0, 1);
      parts.write(parts.rest(reader, 5), "prediction", COPY, { from: "previous" });
      return { heads: [[feeder(parts), two], [reader]] };
    },
    extra: ["aside"],
  },
  {
    what: "a head that attends like induction and writes much where nobody reads, before a norm",
    build(parts) {
      const loud = parts.rest(parts.match(parts.blank("attends-without-copying"), SHARP), 5);
      parts.write(loud, "aside", 30);
      return { heads: [[feeder(parts)], [loud, copier(parts)]], gainSpread: 1 };
    },
    extra: ["aside"],
  },
];

/** @param seed of tokens, basis, noise and the places of heads */
export async function heldOutModel(
  { what, build, extra = [] }: HeldOut,
  seed: number,
): Promise<{ readonly model: LoadedModel; readonly labels: readonly (readonly Label[])[] }> {
  const draw = random(seed, 92);
  const features = drawFeatures(draw, 120, extra);
  const parts = headParts(features);
  const model = build(parts, features, draw);
  const heads = model.heads.map((layer) => draw.shuffled(filled(layer, parts)));
  const options = { id: `${what} ${seed}`, noise: NOISES[seed % NOISES.length]!, draw };
  return {
    model: await openFeatureModel(features, { ...model, heads }, options),
    labels: heads.map((layer) => layer.map(({ label }) => label)),
  };
}

const HEADS = 6;

/** Heads that do nothing, rest, or look at themselves; some null heads are needed to compare with. */
function filled(layer: readonly Head[], { blank, rest, distance }: Parts): Head[] {
  const fillers = [
    () => blank("other"),
    () => rest(blank("first-token"), 9),
    () => distance(blank("current-token"), 0, 12),
  ];
  return [
    ...layer,
    ...Array.from({ length: HEADS - layer.length }, (_, at) => fillers[at % fillers.length]!()),
  ];
}
