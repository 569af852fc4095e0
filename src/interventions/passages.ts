/**
 * @file What stands between a part's output and the residual stream, with the scale of a norm there frozen: then what heads
 * write adds up to what their layer writes. Where nothing stands there, values pass as they are.
 */
import type { Builder, Name } from "../graph/builder.ts";
import type {
  LayerAnatomy,
  NormAnatomy,
  Passage,
  ScanAnatomy,
} from "../models/anatomy/programAnatomy.ts";
import { requirePart } from "../models/anatomy/programAnatomy.ts";

/** A value as it is needed: at some positions, or everywhere. */
export type At = (value: Name) => Name;

const everywhere: At = (value) => value;

/** A summand of a part's output, as it comes into the stream; biases of the norm are left out. */
export function throughPassage(b: Builder, x: Name, { norm, factor }: Passage): Name {
  const normed = norm ? throughNorm(b, x, norm) : x;
  return factor === 1 ? normed : b.mul(normed, number(b, factor));
}

function throughNorm(b: Builder, x: Name, { scale, center, gain }: NormAnatomy): Name {
  const scaled = b.op("div", [center ? centreStream(b, x) : x, scale], {});
  return gain === null ? scaled : b.mul(scaled, gain);
}

/** Which direction of a part's output leads to `direction` of the stream: back(d) . x = d . through(x). */
export function backThroughPassage(
  b: Builder,
  direction: Name,
  { norm, factor }: Passage,
  at: At = everywhere,
): Name {
  const scaled = factor === 1 ? direction : b.mul(direction, number(b, factor));
  return norm ? backThroughNorm(b, scaled, norm, at) : scaled;
}

/** The same of a norm: (x - mean x) . d = x . (d - mean d). */
export function backThroughNorm(
  b: Builder,
  direction: Name,
  { scale, center, gain }: NormAnatomy,
  at: At = everywhere,
): Name {
  const gained = gain === null ? direction : b.mul(direction, gain);
  return b.op("div", [center ? centreStream(b, gained) : gained, at(scale)], {});
}

/** What each head of a layer adds to the stream: [batch, position, head, d_model]. */
export function headWrites(b: Builder, { attention }: LayerAnatomy): Name {
  return throughPassage(b, headResult(attention.z), requirePart(attention.passage));
}

/** The scales that `headWrites` takes from a run. */
export function frozenScales({ norm }: Passage): string[] {
  return norm ? [norm.scale] : [];
}

/** `attn.hook_result`, z W_O of each head. */
export function headResult(z: string): string {
  return z.replace(/hook_z$/, "hook_result");
}

/** Which direction of a scan's output z leads to `direction` of what its layer writes, gate and norm frozen: [batch, position, head, d_head]. */
export function backThroughScan(
  b: Builder,
  direction: Name,
  { weight, norm, gate }: ScanAnatomy,
  z: Name,
  { at, as }: { readonly at: At; readonly as: Name },
): Name {
  const channels = b.contract(direction, weight, ["batch", "position", "channel"]);
  const gated = b.mul(norm ? backThroughParts(b, channels, norm, at) : channels, at(gate));
  const into = b.typeOf(z).axes.slice(-2); // head, d_head
  return b.op("splitAxis", [gated], { axis: "channel", into }, as);
}

/** Back through a norm over parts of the channels. */
function backThroughParts(b: Builder, channels: Name, norm: NormAnatomy, at: At): Name {
  const gained = norm.gain === null ? channels : b.mul(channels, norm.gain);
  const into = b.typeOf(norm.input).axes.slice(-2); // part, entry
  const parts = b.op("splitAxis", [gained], { axis: "channel", into });
  const scaled = b.op("div", [parts, at(norm.scale)], {});
  return b.op("mergeAxes", [scaled], { axes: into.map(({ name }) => name), into: "channel" });
}

function centreStream(b: Builder, x: Name): Name {
  return b.op("sub", [x, b.op("mean", [x], { axes: ["d_model"] })], {});
}

function number(b: Builder, value: number): Name {
  return b.constant(`number ${value}`, {}, [value]);
}
