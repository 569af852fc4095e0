/** @file Operations along a sequence whose length a run decides, in nodes that do not count it. */
import type { OpAttributes } from "../ops.ts";
import type { Emitter, Handle } from "./emitter.ts";
import type { OnnxBody } from "./model.ts";
import { groupAxes, indexOf, sizesTensor, withSizes } from "./shapes.ts";

type LoweringOf<Name extends "shift" | "cumulate" | "convolve" | "recur"> = (
  emit: Emitter,
  inputs: readonly Handle[],
  attributes: OpAttributes[Name],
) => string;

/** Zeros before (or after), and as many entries less at the other end. */
export const lowerShift: LoweringOf<"shift"> = (emit, [x], { axis, by }) => {
  if (by === 0) return x!.tensor;
  const at = emit.integers([indexOf(x!, axis)]);
  const count = Math.abs(by);
  const wide = emit.node("Pad", [
    x!.tensor,
    emit.integers(by > 0 ? [count, 0] : [0, count]),
    "",
    at,
  ]);
  const bounds = by > 0 ? [0, -count] : [count, FAR];
  return emit.node("Slice", [wide, ...bounds.map((bound) => emit.integers([bound])), at]);
};

/** Beyond the end of any axis. */
const FAR = Number.MAX_SAFE_INTEGER;

export const lowerCumulate: LoweringOf<"cumulate"> = (emit, [x], { axis, reverse }) =>
  emit.node("CumSum", [x!.tensor, emit.scalar(indexOf(x!, axis))], reverse ? { reverse: 1 } : {});

/** Conv with a group for each channel, which wants channels before positions and one axis before them. */
export const lowerConvolve: LoweringOf<"convolve"> = (emit, [x, w], { reverse }) => {
  const [channel, tap] = w!.axes as [Handle["axes"][number], Handle["axes"][number]];
  const [outer, position] = [x!.axes.slice(0, -2), x!.axes.at(-2)!];
  const rows = groupAxes(emit, x!, [outer, [channel], [position]]);
  const taps = groupAxes(emit, w!, [[channel], [], [tap]]);
  const pads = reverse ? [0, Number(tap.size) - 1] : [Number(tap.size) - 1, 0];
  const kernel = reverse ? backwards(emit, taps, Number(tap.size)) : taps;
  const group = Number(channel.size);
  const mixed = emit.node("Conv", [rows, kernel], { group, pads });
  const channelsLast = emit.node("Transpose", [mixed], { perm: [0, 2, 1] });
  const outputSizes = [outer, [position], [channel]].map((axes) => axes.map(({ size }) => size));
  return withSizes(
    emit,
    channelsLast,
    outputSizes,
    x!.axes.map(({ size }) => [size]),
  );
};

function backwards(emit: Emitter, taps: string, count: number): string {
  const order = Array.from({ length: count }, (_, index) => count - 1 - index);
  return emit.node("Gather", [taps, emit.integers(order)], { axis: 2 });
}

/** A Scan, exact whatever a is: products of many a, or their logarithms, would lose what is small beside what is large. */
export const lowerRecur: LoweringOf<"recur"> = (emit, [a, u], { axis, reverse = false }) => {
  const at = indexOf(u!, axis);
  const states = u!.axes.filter((_, index) => index !== at);
  const inputs = [a!.tensor, u!.tensor];
  const name = `recur_${at}${reverse ? "_reverse" : ""}_${inputs.join("_")}`;
  const attributes = {
    body: { body: reverse ? BACKWARD : FORWARD },
    num_scan_inputs: 2,
    scan_input_axes: [at, at],
    scan_output_axes: [at],
    ...(reverse && { scan_input_directions: [1, 1], scan_output_directions: [1] }),
  };
  return emit.once(name, () => {
    const zeros = emit.node("ConstantOfShape", [sizesTensor(emit, states)]);
    emit.node("Scan", [zeros, ...inputs], attributes, `${name}.end`, "", [name]);
    return name;
  });
};

/** h = a before + u, which is the next state and the output. */
const FORWARD: OnnxBody = {
  inputs: ["before", "a", "u"],
  outputs: ["state", "h"],
  nodes: [
    { type: "Mul", inputs: ["a", "before"], outputs: ["kept"] },
    { type: "Add", inputs: ["kept", "u"], outputs: ["state"] },
    { type: "Identity", inputs: ["state"], outputs: ["h"] },
  ],
};

/** h = after + u; what the entry before reads is a h. */
const BACKWARD: OnnxBody = {
  inputs: ["after", "a", "u"],
  outputs: ["state", "h"],
  nodes: [
    { type: "Add", inputs: ["after", "u"], outputs: ["h"] },
    { type: "Mul", inputs: ["a", "h"], outputs: ["state"] },
  ],
};
