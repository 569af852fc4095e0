/** @file A planted model before it is disguised: its heads wired in the plain basis, with the truth about them. */
import type { Random } from "../../base/random.ts";
import { placeCodes, placeFrequencies, scrambleOf, tokenCodes } from "./codes.ts";
import { blockFrame, partlyRotaryFrame, rotaryFrame, type Frame, type Rotation } from "./frame.ts";
import { kindOf, type Build } from "./kinds.ts";
import { zeros, type Matrix } from "./matrix.ts";
import { derivationOf, wiredMlp, type WiredMlp } from "./mlps.ts";
import { rotationOf, type Plan, type Sizes } from "./plans.ts";
import type { Scenario } from "./scenario.ts";
import { SINGLE, streamOf, type Block, type Stream } from "./stream.ts";
import { typicalNorms, type TypicalNorms } from "./typicalNorms.ts";
import { placeHeight, wiredLayer, type WiredHead, type WiredLayer } from "./wire.ts";

export interface BareModel {
  readonly stream: Stream;
  readonly frame: Frame;
  readonly rotation: Rotation | null;
  /** [vocabulary, d_model] */
  readonly embed: Matrix;
  /** [position, d_model]; null with rotary positions. */
  readonly positions: Matrix | null;
  readonly layers: readonly (WiredLayer & { readonly mlp: WiredMlp | null })[];
  /** [d_model, vocabulary] */
  readonly unembed: Matrix;
  readonly norms: TypicalNorms;
}

/** The unembedding multiplies predictions by this. */
const LOUDNESS = 12;

export function bareModel(plan: Plan, sizes: Sizes, scenario: Scenario, draw: Random): BareModel {
  const { vocabulary, contextLength, width, heads } = sizes;
  const derives = scenario.mlps.includes("derive");
  const rotation = rotationOf(plan, draw);
  const blocks = blocksOf(plan, scenario);
  const { stream, frame } = shapesOf(plan, sizes, blocks, rotation);
  const frequencies = placeFrequencies(draw, width);
  const tokens = tokenCodes(draw, sizes);
  const derivation = derives ? derivationOf(plan, tokens, draw) : null;
  const content = derivation?.codes ?? tokens;
  const wiredHeads = drawnHeads(scenario, derives, frame, draw);
  const scramble = scrambleOf(draw, content);
  const wiring = { stream, frame, frequencies, scramble };
  return {
    stream,
    frame,
    rotation,
    embed: embedding(tokens, stream, plan),
    positions:
      plan.positions === "rotary"
        ? null
        : positionCodes(placeCodes(frequencies, contextLength), stream, plan),
    layers: wiredHeads.map((layer, at) => {
      const role = scenario.mlps[at];
      return {
        ...wiredLayer(layer, heads / sizes.kvHeads, wiring, draw),
        mlp: role ? wiredMlp(role, plan, stream, derivation, draw) : null,
      };
    }),
    unembed: unembedding({ prediction: content, shadow: tokens }, stream, vocabulary),
    norms: typicalNorms(plan, scenario, wiredHeads, stream),
  };
}

function blocksOf({ positions }: Plan, { kinds, mlps }: Scenario): Block[] {
  const used = kinds.flat().flatMap((name) => {
    const { copies, matches = [] } = kindOf(name).build ?? {};
    const content = copies?.from === "content" ? [] : [copies?.from];
    return [...matches.flatMap(({ query, key }) => [query, key]), copies?.to, ...content];
  });
  const pointed = kinds
    .flat()
    .some((name) => kindOf(name).build?.places?.some(({ query }) => query));
  const all = new Set<Block | undefined>([
    "token",
    "prediction",
    ...(positions === "rotary" ? [] : ["position" as const]),
    ...(mlps.includes("derive") ? ["derived" as const] : []),
    ...(mlps.includes("cancel") ? ["shadow" as const] : []),
    ...(pointed ? ["pointer" as const] : []),
    ...used,
  ]);
  return [...all].filter((block) => block !== undefined && !(block in SINGLE)) as Block[];
}

/** Where a family ties the size of a head to that of the stream, both grow until they fit. */
function shapesOf(
  { layout }: Plan,
  { width, heads }: Sizes,
  blocks: readonly Block[],
  rotation: Rotation | null,
): { stream: Stream; frame: Frame } {
  const frameOf = (least: number) => {
    if (!rotation) return blockFrame(width, least);
    return layout === "llama"
      ? rotaryFrame(width, rotation)
      : partlyRotaryFrame(width, rotation, least);
  };
  if (layout !== "gpt2" && layout !== "gpt_neox")
    return { stream: streamOf(width, blocks), frame: frameOf(0) };
  const frame = frameOf(Math.ceil(streamOf(width, blocks).dModel / heads));
  return { stream: streamOf(width, blocks, heads * frame.dHead), frame };
}

/**
 * The usual one is the induction stripe of two copies of 32 tokens. Heads that look as far take all their attention there:
 * in shorter rows the first position is near that distance, and resting there would hide it.
 */
const DISTANCES = { usual: 31, least: 9, most: 24 };
const SHARES = { partial: { least: 0.22, most: 0.48 }, most: { least: 0.5, most: 0.95 } };
const FULL_LEVEL = 1.5;
const USUAL_REST = 9;

/**
 * Choices that a kind leaves open, drawn. What follows predictions is as sharp as they are weak, and writes in proportion,
 * so that it takes off a part of them.
 */
function drawnHeads(
  { kinds }: Scenario,
  derives: boolean,
  frame: Frame,
  draw: Random,
): (WiredHead | null)[][] {
  const wiredHeads: (WiredHead | null)[][] = [];
  for (const layer of kinds) {
    const level = predictionBefore(wiredHeads);
    wiredHeads.push(
      layer.map((name) => {
        const { build } = kindOf(name);
        return build && drawnHead(build, { level, derives, frame }, draw);
      }),
    );
  }
  return wiredHeads;
}

function drawnHead(
  { matches = [], places = [], copies, share, ...build }: Build,
  { level, derives, frame }: { level: number; derives: boolean; frame: Frame },
  draw: Random,
): WiredHead {
  const follows = level > 0 && matches.some(({ query }) => query === "prediction");
  const lead = follows ? level / FULL_LEVEL : 1;
  const top = matches[0]?.sharpness ?? placeHeight(frame, places[0]?.sharpness ?? 0);
  const distance =
    draw.uniform() < 0.4 ? DISTANCES.usual : draw.integer(DISTANCES.least, DISTANCES.most);
  const far = distance === DISTANCES.usual && places.some(({ shift }) => shift === "drawn");
  const part =
    share && (far || (share === "most" && draw.uniform() < 0.5) ? 1 : shareOf(share, draw));
  return {
    ...build,
    matches: matches.map((match) => ({ ...match, sharpness: match.sharpness / lead })),
    ...(part && part < 1 && { rest: top + Math.log((1 - part) / part), part }),
    ...(part === 1 && { rest: USUAL_REST }),
    places: places.map((place) => ({
      ...place,
      shift: place.shift === "drawn" ? distance : place.shift,
    })),
    ...(copies && {
      copies: {
        ...copies,
        strength: copies.strength * lead,
        from: copies.from !== "content" ? copies.from : derives ? "derived" : "token",
      },
    }),
  };
}

function shareOf(share: keyof typeof SHARES, draw: Random): number {
  const { least, most } = SHARES[share];
  return least + (most - least) * draw.uniform();
}

function predictionBefore(layers: readonly (readonly (WiredHead | null)[])[]): number {
  return layers.flat().reduce((sum, head) => {
    const { to, strength = 0, scrambled } = head?.copies ?? {};
    return to === "prediction" && !scrambled ? sum + strength * (head?.part ?? 1) : sum;
  }, 0);
}

function embedding(
  tokens: Matrix,
  { dModel, blocks, oneAt, constant, start, at }: Stream,
  plan: Plan,
): Matrix {
  const embed = zeros(tokens.rows, dModel);
  for (let token = 0; token < tokens.rows; token++) {
    embed.data[token * dModel + oneAt] = constant;
    embed.data.set(rowOf(tokens, token), token * dModel + at("token"));
    if (blocks.includes("half") && token % 2 === 1)
      embed.data.set(rowOf(tokens, token), token * dModel + at("half"));
  }
  if (plan.positions !== "standard") embed.data[start] = 1;
  return embed;
}

function positionCodes(codes: Matrix, { dModel, start, at }: Stream, plan: Plan): Matrix {
  const positions = zeros(codes.rows, dModel);
  for (let position = 0; position < codes.rows; position++)
    positions.data.set(rowOf(codes, position), position * dModel + at("position"));
  if (plan.positions === "standard") positions.data[start] = 1;
  return positions;
}

function unembedding(
  codes: Readonly<Record<"prediction" | "shadow", Matrix>>,
  { dModel, blocks, at }: Stream,
  vocabulary: number,
): Matrix {
  const unembed = zeros(dModel, vocabulary);
  for (const block of ["prediction", "shadow"] as const) {
    if (!blocks.includes(block)) continue;
    const { columns, data } = codes[block];
    for (let token = 0; token < vocabulary; token++)
      for (let entry = 0; entry < columns; entry++)
        unembed.data[(at(block) + entry) * vocabulary + token] =
          LOUDNESS * data[token * columns + entry]!;
  }
  return unembed;
}

function rowOf({ columns, data }: Matrix, row: number): Float32Array {
  return data.subarray(row * columns, (row + 1) * columns);
}
