import { BLOCK_VALUES, STORED_BYTES } from "../../base/bytes.ts";
import { selectedAxes } from "../builder.ts";
import type { Axis } from "../axes.ts";
import type { Selection, Weight } from "../program.ts";
import type { Emitter } from "./emitter.ts";
import { DATA_TYPES, type OnnxInitializer, type StoredBytes } from "./model.ts";

/**
 * The tensor of a weight, float32, with sizes `dims`: the same bytes in the same order, however they are grouped.
 *
 * The initializer points at the checkpoint's own bytes. What is selected is an offset as far as it is contiguous, the rest
 * a Gather or Slice that the runtime folds when the session is made; 16-bit numbers are cast, which is folded too.
 */
export function weightTensor(emit: Emitter, weight: Weight, dims: readonly number[]): string {
  const name = `${weight.name}[${dims.join(",")}]`;
  return emit.once(name, () => {
    const { stored } = weight;
    const { layout, rest } = contiguousPart(weight);
    const initializer = storedTensor(emit, weight, dims);
    const part =
      rest.length === 0 ? initializer : selectRows(emit, initializer, layout, rest, dims);
    if (STORED_BYTES[stored.type] === 4) return part;
    return asFloat32(emit, weight, part);
  });
}

/** Rows of a table that is float16 between runs: those alone become float32. Undefined for other tables. */
export function halfRows(emit: Emitter, weight: Weight, ids: string): string | undefined {
  if (!emit.has.halves.has(weight.name)) return undefined;
  const dims = weight.axes.map(({ size }) => Number(size));
  const rows = emit.node("Gather", [storedTensor(emit, weight, dims), ids], { axis: 0 });
  return asFloat32(emit, weight, rows);
}

/** What is cast is a constant that the engine casts once, or float16 between runs, which it casts in each. */
function asFloat32(emit: Emitter, { name }: Weight, part: string): string {
  const cast = emit.node("Cast", [part], { to: DATA_TYPES.float32 });
  const { exponent = 0 } = emit.has.halves.get(name) ?? {};
  return exponent === 0 ? cast : emit.node("Mul", [cast, emit.floats([2 ** -exponent], [])]);
}

/** Where the numbers of a weight lie in its checkpoint, with what has to be cut out of them. */
export function storedBytes(weight: Weight): StoredBytes {
  const { first, layout } = contiguousPart(weight);
  const { source, offset, type } = weight.stored;
  const bytes = STORED_BYTES[type];
  return { source, offset: offset + first * bytes, sizeBytes: entries(layout) * bytes };
}

/** The checkpoint's own numbers, of which a part may still have to be selected. */
function storedTensor(emit: Emitter, weight: Weight, dims: readonly number[]): string {
  const { stored, rare } = weight;
  const { layout, rest } = contiguousPart(weight);
  const whole = rest.length === 0;
  const half = emit.has.halves.get(weight.name);
  const name = `${weight.name}[${dims.join(",")}].stored`;
  emit.initializers.set(name, {
    name,
    type: half ? "F16" : stored.type,
    dims: whole ? dims : layout.map(({ size }) => Number(size)),
    data: half?.data ?? storedBytes(weight),
    // Constants are cut and cast once, when a session is made; what can be overridden is in each run.
    ...((half ?? (rare && whole && stored.type === "F32")) && { overridable: true }),
  });
  return name;
}

/**
 * A matrix [rows, inner] in its blocks of four bits: codes [rows, blocks, bytes] and scales [rows x blocks]. Undefined where the
 * weight has no blocks, or its rows are not made of whole ones.
 */
export function blockTensors(
  emit: Emitter,
  weight: Weight,
  rows: number,
  inner: number,
): { readonly codes: string; readonly scales: string } | undefined {
  const { blocks } = weight.stored;
  const { first, rest } = contiguousPart(weight);
  if (!blocks || rest.length > 0 || inner % BLOCK_VALUES !== 0 || first % BLOCK_VALUES !== 0)
    return undefined;
  const count = (rows * inner) / BLOCK_VALUES;
  const [from, codeBytes, scaleBytes] = [first / BLOCK_VALUES, BLOCK_VALUES / 2, 4];
  const initializer = (name: string, rest: Omit<OnnxInitializer, "name">) => {
    emit.initializers.set(name, { name, ...rest });
    return name;
  };
  return {
    codes: initializer(`${weight.name}[${rows},${inner}].codes`, {
      type: "uint8",
      dims: [rows, inner / BLOCK_VALUES, codeBytes],
      data: { source: blocks.codes, offset: from * codeBytes, sizeBytes: count * codeBytes },
    }),
    scales: initializer(`${weight.name}[${rows},${inner}].scales`, {
      type: "float32",
      dims: [count],
      data: { source: blocks.scales, offset: from * scaleBytes, sizeBytes: count * scaleBytes },
    }),
  };
}

export interface ContiguousPart {
  /** Entries before the part. */
  readonly first: number;
  /** The axes of the part. */
  readonly layout: readonly Axis[];
  /** What is still to be selected in it. */
  readonly rest: readonly Selection[];
}

/** The smallest run of entries that has all that is selected: outer axes of which one entry, then one of which a range is meant. */
export function contiguousPart({
  layout,
  select = [],
}: Pick<Weight, "layout" | "select">): ContiguousPart {
  const [outer, ...inner] = layout;
  const chosen = outer && select.find(({ axis }) => axis === outer.name);
  if (!chosen) return { first: 0, layout, rest: select };
  const rest = select.filter((other) => other !== chosen);
  const size = entries(inner);
  if (!("index" in chosen))
    return { first: chosen.start * size, layout: selectedAxes(layout, chosen), rest };
  const within = contiguousPart({ layout: inner, select: rest });
  return { ...within, first: chosen.index * size + within.first };
}

/** How many entries these axes, all of known sizes, have together. */
export function entries(axes: readonly Axis[]): number {
  return axes.reduce((product, { size }) => product * Number(size), 1);
}

function selectRows(
  emit: Emitter,
  initializer: string,
  layout: readonly Axis[],
  select: readonly Selection[],
  dims: readonly number[],
): string {
  let [tensor, axes] = [initializer, layout];
  for (const selection of select) {
    const axis = axes.findIndex(({ name }) => name === selection.axis);
    tensor =
      "index" in selection
        ? emit.node("Gather", [tensor, emit.scalar(selection.index)], { axis })
        : emit.node("Slice", [
            tensor,
            ...[selection.start, selection.start + selection.length, axis].map((value) =>
              emit.integers([value]),
            ),
          ]);
    axes = selectedAxes(axes, selection);
  }
  const same = axes.length === dims.length && axes.every(({ size }, at) => size === dims[at]);
  return same ? tensor : emit.node("Reshape", [tensor, emit.integers(dims)]);
}
