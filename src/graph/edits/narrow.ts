import type { Op } from "../ops.ts";
import { ancestorsOf, prune, typesOf, type Program } from "../program.ts";

/**
 * Compute some outputs for some rows only: losses of ten sequences beside the scores of a hundred, in one session.
 *
 * Everything that only `outputs` need runs on the rows of `axis` that the new int32 input `rows` lists, in its order;
 * what other outputs need too, or an operation that mixes rows (attention, along positions), runs on all rows, and is cut
 * where the two meet. An empty list costs nothing.
 *
 * @throws {Error} internal, if an output is needed whole by another one
 */
export function narrow(
  program: Program,
  {
    outputs,
    axis,
    rows,
  }: { readonly outputs: readonly string[]; readonly axis: string; readonly rows: string },
): Program {
  const mixing = program.ops.filter((op) => mixes(op, axis)).map((op) => op.output);
  const others = program.outputs.filter((name) => !outputs.includes(name));
  const whole = ancestorsOf(program, [...others, ...mixing]);
  const ancestors = ancestorsOf(program, outputs);
  const shared = outputs.filter((name) => whole.has(name));
  if (shared.length > 0) throw new Error(`internal: ${shared.join(", ")} is needed whole`);

  const types = typesOf(program);
  const outputNames = new Set(program.ops.map((op) => op.output));
  const cuts = new Map<string, Op>();
  const cut = (name: string): string => {
    const atBorder = whole.has(name) || !outputNames.has(name);
    if (!atBorder || !types.get(name)!.axes.some((each) => each.name === axis)) return name;
    const output = `${name}.${rows}`;
    if (!cuts.has(name))
      cuts.set(name, { op: "take", inputs: [name, rows], output, attributes: { axis } });
    return output;
  };
  const ops = program.ops.flatMap((op): Op[] => {
    if (whole.has(op.output) || !ancestors.has(op.output)) return [op];
    const before = new Set(cuts.keys());
    const narrowed = { ...op, inputs: op.inputs.map(cut) };
    return [...[...cuts].filter(([name]) => !before.has(name)).map(([, take]) => take), narrowed];
  });
  const often = new Set(
    program.ops.flatMap((op) => (op.op === "contract" && whole.has(op.output) ? op.inputs : [])),
  );
  return prune({
    ...program,
    weights: program.weights.map((weight) =>
      often.has(weight.name) ? weight : { ...weight, rare: true },
    ),
    inputs: [...program.inputs, { name: rows, type: "int32", axes: [{ name: axis, size: rows }] }],
    ops,
  });
}

/** Operations along an axis whose result depends on which entries there are. A sum or mean is over the rows that are left. */
const ALONG = [
  "slice",
  "concat",
  "pad",
  "take",
  "repeat",
  "softmax",
  "shift",
  "cumulate",
  "convolve",
  "recur",
];

/** Whether entries of `axis` in what `op` makes are not those of what it reads: attention renames positions to keys. */
function mixes({ op, attributes }: Op, axis: string): boolean {
  if (op === "rename") return Object.entries(attributes.names).flat().includes(axis);
  if (op === "mergeAxes") return attributes.axes.includes(axis);
  if (op === "take" && attributes.merge?.includes(axis)) return true;
  return (
    (op === "splitAxis" || ALONG.includes(op)) && "axis" in attributes && attributes.axis === axis
  );
}
