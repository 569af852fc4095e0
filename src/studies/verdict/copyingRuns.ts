/** @file What heads write towards the logits of tokens: outputs against directions that the unembedding reads. */
import { tensor, type Tensor } from "../../base/tensor.ts";
import { builder } from "../../graph/builder.ts";
import { slice } from "../../graph/edits/slice.ts";
import { ancestorsOf } from "../../graph/program.ts";
import type { WrittenEffect } from "../../measure/verdict/copying.ts";
import { writtenTowards } from "../../measure/verdict/copying.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { Backend } from "../../base/backend.ts";
import { prepare } from "../../runtime/prepare.ts";
import type { Chain } from "../../interventions/chain.ts";
import type { MetricFeeds, State } from "../../interventions/chainRun.ts";
import { backThroughPassage, backThroughScan } from "../../interventions/passages.ts";
import { anatomy } from "../../models/anatomy/anatomy.ts";
import { isMissing } from "../../models/anatomy/programAnatomy.ts";
import type { HeadAt } from "../../base/headName.ts";
import { LENS_INPUTS, targetDirections } from "../../interventions/targetDirections.ts";
import { hookName } from "../../models/anatomy/hookNames.ts";
import { valueOf } from "../../interventions/rows.ts";
import type { CausalRows } from "./verdictRows.ts";

/** By layer: how an output z of a head raises the centred logit of a position's target, [batch, position, head, d_head]. */
export type ReadDirections = ReadonlyMap<number, Tensor>;

export interface Readers {
  /** Directions of clean rows, the final norm frozen at their own scale. */
  read(clean: State, feeds: MetricFeeds): Promise<ReadDirections>;
  close(): Promise<void>;
}

const valueName = (layer: number) => `verdict.read.${layer}`;

/**
 * Opens the reading of some layers' heads.
 *
 * @returns null where logits are not a product, or attention outputs do not reach the end of the residual stream as a sum
 */
export async function openReaders(
  { program, architecture }: LoadedModel,
  backend: Backend,
  chain: Chain,
  layers: readonly number[],
  positions: number,
): Promise<Readers | null> {
  const parts = anatomy(program, architecture);
  if (isMissing(parts.end)) return null;
  const { summands } = parts.end;
  const b = builder(program);
  const { direction, at } = targetDirections(
    b,
    parts.end,
    architecture.vocabulary,
    "centred-logit",
  );
  for (const layer of layers) {
    const { projection, scan, z } = parts.layers[layer]!.attention;
    const own = summands.find(({ of }) => of.kind === "attention" && of.layer === layer);
    if ((isMissing(projection) && !scan) || !own) return null;
    const direct = backThroughPassage(b, direction, own.passage, at);
    if (scan) backThroughScan(b, direct, scan, z, { at, as: valueName(layer) });
    if (isMissing(projection)) continue;
    b.contract(direct, projection.weight, ["batch", "position", "head", "d_head"], {
      as: valueName(layer),
    });
  }
  const outputs = layers.map(valueName);
  const whole = b.program(outputs, program.limits);
  const read = ancestorsOf(whole, outputs);
  // Norms after attention stand in the middle of the model, so that the values of every point are needed, not of the last alone.
  const saved = new Set(chain.points.flatMap((point) => point.needs));
  const needs = [...saved].filter((name) => read.has(name));
  const sliced = slice(whole, { outputs, from: needs });
  const session = await prepare(sliced, backend, {
    batch: chain.rows,
    [LENS_INPUTS.positions]: positions,
  });
  const inputNames = new Set(session.program.inputs.map(({ name }) => name));
  return {
    async read(clean, feeds) {
      const positions = Int32Array.from(feeds.positions);
      const all: [string, Tensor | Tensor<Int32Array>][] = [
        ...needs.map((name): [string, Tensor] => [name, valueOf(clean, name)]),
        [LENS_INPUTS.targets, targetsAt(feeds)],
        [LENS_INPUTS.positions, tensor(["position"], [positions.length], positions)],
      ];
      const trace = await session.run(new Map(all.filter(([name]) => inputNames.has(name))));
      return new Map(layers.map((layer) => [layer, trace.get(valueName(layer))!]));
    },
    close: () => session.close(),
  };
}

/** Targets of the positions alone, [batch, position]. */
function targetsAt({ targets, positions }: MetricFeeds): Tensor<Int32Array> {
  const [rows, length] = targets.shape as readonly [number, number];
  const ids = Array.from({ length: rows }, (_, row) =>
    positions.map((position) => targets.data[row * length + position]!),
  );
  return tensor(["batch", "position"], [rows, positions.length], Int32Array.from(ids.flat()));
}

/** What one head writes in the rows of a state towards their targets, [example]. */
export function writtenBy(
  state: State,
  directions: ReadDirections,
  { layer, head }: HeadAt,
  { positions }: Pick<CausalRows, "positions">,
): WrittenEffect[] {
  const z = valueOf(state, hookName(layer, "attn.hook_z"));
  const read = directions.get(layer)!;
  const [examples, length, heads, size] = z.shape as readonly [number, number, number, number];
  return Array.from({ length: examples }, (_, example) => {
    const outputs = positions.map((position) => {
      const at = ((example * length + position) * heads + head) * size;
      return z.data.subarray(at, at + size);
    });
    const targets = positions.map((_position, place) => {
      const at = ((example * positions.length + place) * heads + head) * size;
      return read.data.subarray(at, at + size);
    });
    return writtenTowards(outputs, targets);
  });
}
