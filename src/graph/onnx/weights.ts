import type { Weight } from "../program.ts";
import type { Emitter } from "./emitter.ts";
import { STORED_BYTES } from "../../base/bytes.ts";

/**
 * The tensor of a weight, float32, with sizes `dims`: the same bytes in the same order, however they are grouped.
 *
 * The initializer points at the checkpoint's own bytes. A selected part is an offset where it is contiguous, else a
 * Gather that the runtime folds when the session is made; 16-bit numbers are cast, which is folded too.
 */
export function weightTensor(emit: Emitter, weight: Weight, dims: readonly number[]): string {
  const name = `${weight.name}[${dims.join(",")}]`;
  return emit.once(name, () => {
    const { stored, select, layout } = weight;
    const outer = layout[0]?.name === select?.axis;
    const size = select ? Number(layout.find((axis) => axis.name === select.axis)!.size) : 1;
    const whole = !select || outer;
    const sizeBytes = whole ? stored.sizeBytes / size : stored.sizeBytes;
    const offset = stored.offset + (select && outer ? select.index * sizeBytes : 0);
    const initializer = `${name}.stored`;
    emit.initializers.set(initializer, {
      name: initializer,
      type: stored.type,
      dims: whole ? dims : layout.map((axis) => Number(axis.size)),
      data: { source: stored.source, offset, sizeBytes },
      // What has to be cut or cast first is folded once, which only constants are.
      ...(weight.rare && whole && stored.type === "F32" && { overridable: true }),
    });
    const part = whole ? initializer : selected(emit, weight, initializer, dims);
    return STORED_BYTES[stored.type] === 4 ? part : emit.node("Cast", [part], { to: 1 });
  });
}

function selected(
  emit: Emitter,
  { layout, select, axes }: Weight,
  initializer: string,
  dims: readonly number[],
): string {
  const axis = layout.findIndex(({ name }) => name === select!.axis);
  const part = emit.node("Gather", [initializer, emit.scalar(select!.index)], { axis });
  if (axes.length === dims.length) return part;
  return emit.node("Reshape", [part, emit.integers(dims)]);
}
