import { sizeOf, tensor, type Tensor } from "../../base/tensor.ts";
import type { Program } from "../program.ts";
import { ablate, ablationInput } from "./ablate.ts";
import { replace, replacementInputs } from "./replace.ts";

/** One change within a variant: the value becomes zero, or what is fed as its replacement. */
export interface VariantEdit {
  readonly value: string;
  readonly with: "zero" | "replacement";
  /** Entries that change, such as {head: 3}; left out: the whole value. */
  readonly only?: Readonly<Record<string, number>> | undefined;
}

/** A program in which each of K variants is a block of rows of one batch. */
export interface Variants {
  readonly program: Program;
  readonly count: number;
  /** The switches for a batch of count x examples rows; row = variant * examples + example. */
  switches(examples: number): Map<string, Tensor<Uint8Array>>;
}

/**
 * K different edits as K blocks of rows of one batch: the weights are read once for all of them.
 *
 * Rows choose with `where`, so a variant in a batch equals the same edit run alone, bit for bit. An empty list of edits
 * is the unedited model. The caller feeds its tokens K times over (row = variant * examples + example).
 *
 * @throws {InputError} "unknown-value" for a value that the program does not make
 */
export function variants(program: Program, edits: readonly (readonly VariantEdit[])[]): Variants {
  const touched = new Map<string, VariantEdit>();
  for (const edit of edits.flat())
    touched.set(inputOf(edit), mergeEdits(touched.get(inputOf(edit)), edit));
  const edited = [...touched.values()].reduce((before, { value, with: kind, only = {} }) => {
    const by = ["batch", ...Object.keys(only)];
    return kind === "zero" ? ablate(before, value, { by }) : replace(before, value, { by });
  }, program);
  const inputs = new Map(edited.inputs.map((input) => [input.name, input]));
  const switches = (examples: number) =>
    new Map(
      [...touched.keys()].map((name) => {
        const axes = inputs.get(name)!.axes;
        const sizes = [edits.length * examples, ...axes.slice(1).map(({ size }) => Number(size))];
        const on = tensor(
          axes.map((axis) => axis.name),
          sizes,
          new Uint8Array(sizeOf(sizes)),
        );
        edits.forEach((list, variant) => {
          for (const edit of list)
            if (inputOf(edit) === name) turnOn(on, variant * examples, examples, edit);
        });
        return [name, on] as const;
      }),
    );
  return { program: edited, count: edits.length, switches };
}

function inputOf(edit: VariantEdit): string {
  return edit.with === "zero" ? ablationInput(edit.value) : replacementInputs(edit.value).on;
}

/** All edits of one value share one switch, so they must name the same axes. */
function mergeEdits(earlier: VariantEdit | undefined, edit: VariantEdit): VariantEdit {
  const axes = (each: VariantEdit) =>
    Object.keys(each.only ?? {})
      .sort()
      .join();
  if (earlier && axes(earlier) !== axes(edit))
    throw new Error(`internal: ${edit.value} is switched by ${axes(earlier)} and by ${axes(edit)}`);
  return edit;
}

function turnOn(
  on: Tensor<Uint8Array>,
  firstRow: number,
  rows: number,
  { only = {} }: VariantEdit,
): void {
  const inner = sizeOf(on.shape.slice(1));
  let offset = 0;
  on.axes.slice(1).forEach((axis, index) => (offset = offset * on.shape[index + 1]! + only[axis]!));
  const chosen =
    Object.keys(only).length > 0 ? [offset] : Array.from({ length: inner }, (_, entry) => entry);
  for (let row = firstRow; row < firstRow + rows; row++)
    for (const entry of chosen) on.data[row * inner + entry] = 1;
}
