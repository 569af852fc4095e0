/** @file The residual stream as a sum: which terms it has, and what each part's output goes through before it is added. */
import { hookName } from "./hookNames.ts";
import type { Missing, Part, Passage, Summand } from "./programAnatomy.ts";
import { normAt, beforeRename, beforeScale, type Operations } from "./readBack.ts";

/** Looks up the terms of a value, each value once. */
export type SummandsOf = (name: string) => readonly Summand[];

export function summandReader(operations: Operations): SummandsOf {
  const cache = new Map<string, readonly Summand[]>();
  const read: SummandsOf = (name) => {
    const terms = cache.get(name) ?? termsOf(operations, name, read);
    cache.set(name, terms);
    return terms;
  };
  return read;
}

const OUTPUT = /^blocks\.(\d+)\.hook_(attn|mlp)_out$/;

/** Terms in the order in which they are made; what a part writes is one, also where experts are added up in it. */
function termsOf(operations: Operations, name: string, read: SummandsOf): readonly Summand[] {
  const value = beforeRename(operations, name);
  if (value !== name) return read(value);
  const op = OUTPUT.test(name) ? undefined : operations.producers.get(name);
  const isSum = op?.op === "add" && op.inputs.every((input) => operations.producers.has(input));
  return isSum ? op.inputs.flatMap(read) : [summandOf(operations, name)];
}

function summandOf(operations: Operations, value: string): Summand {
  const { origin, passage } = wayBack(operations, value);
  const [, layer, part] = OUTPUT.exec(origin) ?? [];
  if (layer !== undefined) {
    const kind = part === "attn" ? "attention" : "mlp";
    return { value, of: { kind, layer: Number(layer) }, passage };
  }
  const kind =
    origin === "hook_pos_embed"
      ? "position"
      : isBeforeLayers(operations, origin)
        ? "embedding"
        : "rest";
  return { value, of: { kind }, passage };
}

/** Back through a factor and a norm, to what they were given. */
function wayBack(operations: Operations, value: string) {
  const { value: unmultiplied, factor } = beforeScale(operations, value);
  const norm = normAt(operations, unmultiplied);
  const isPart = OUTPUT.test(unmultiplied) || unmultiplied.startsWith("hook_");
  if (isPart || (!norm && factor === 1))
    return { origin: isPart ? unmultiplied : value, passage: passage(value, factor) };
  return {
    origin: beforeRename(operations, norm?.input ?? unmultiplied),
    passage: { norm, factor, added: value },
  };
}

function passage(added: string, factor: number): Passage {
  return { norm: null, factor, added };
}

function isBeforeLayers({ program }: Operations, name: string): boolean {
  const begin = program.ops.findIndex(({ output }) => output === hookName(0, "hook_resid_pre"));
  return program.ops.findIndex(({ output }) => output === name) < begin;
}

/** How the output of attention or MLP of a layer enters the stream `into`. */
export function passageOf(
  read: SummandsOf,
  into: string,
  kind: "attention" | "mlp",
  layer: number,
): Part<Passage> {
  const own = read(into).find(({ of }) => of.kind === kind && of.layer === layer);
  return own?.passage ?? missingForNorm(kind, layer);
}

function missingForNorm(kind: "attention" | "mlp", layer: number): Missing {
  return {
    missing: `what layer ${layer}'s ${kind === "mlp" ? "MLP" : "attention"} writes is not a term of the residual stream, which this model normalises itself`,
  };
}
