import { InputError } from "../../base/errors.ts";
import { headName, headAt, type HeadChoice } from "../../base/headName.ts";
import type { Program } from "../program.ts";
import { typesOf } from "../program.ts";
import { hook } from "./hook.ts";

/**
 * Zero ablation of whole heads, for good: `attn.hook_z` of each head in `heads` becomes 0. (`ablate` adds a switch instead.)
 *
 * @throws {InputError} "unknown-head" for a name that is not layer.head, or a head that the program does not have
 */
export function ablateHeads(program: Program, heads: readonly HeadChoice[]): Program {
  const byLayer = new Map<number, Set<number>>();
  for (const { layer, head } of heads.map(headAt)) {
    const count = headsIn(program, layer);
    if (head >= count)
      throw new InputError(
        "unknown-head",
        count === 0
          ? `there is no layer ${layer} with heads, got head ${headName({ layer, head })}`
          : `layer ${layer} has heads 0 to ${count - 1}, got head ${headName({ layer, head })}`,
      );
    byLayer.set(layer, (byLayer.get(layer) ?? new Set()).add(head));
  }
  return [...byLayer].reduce(
    (edited, [layer, layerHeads]) => withoutHeads(edited, layer, layerHeads),
    program,
  );
}

function withoutHeads(program: Program, layer: number, heads: ReadonlySet<number>): Program {
  const z = `blocks.${layer}.attn.hook_z`;
  const count = headsIn(program, layer);
  return hook(program, z, (b, value) => {
    const off = Array.from({ length: count }, (_, head) => (heads.has(head) ? 1 : 0));
    const name = `${z}.ablated_heads.${[...heads].join("_")}`;
    const choose = b.constant(name, { head: count }, off, "bool");
    return b.op("where", [choose, b.constant("zero", {}, [0]), value], {});
  });
}

/** Heads of a layer; 0 if the program has no such layer. */
function headsIn(program: Program, layer: number): number {
  const z = typesOf(program).get(`blocks.${layer}.attn.hook_z`);
  return Number(z?.axes.find(({ name }) => name === "head")?.size ?? 0);
}
