/** @file A forward pass with every switch that a page needs, so that one session serves all edits of all heads. */
import { builder, type Builder } from "../../graph/builder.ts";
import { intercept } from "../../graph/edits/intercept.ts";
import {
  ATTENTION_SCORE_VALUES,
  withAttentionScores,
} from "../../graph/edits/withAttentionScores.ts";
import { TOKEN_LOSS_VALUES, withTokenLoss } from "../../graph/edits/withTokenLoss.ts";
import { replace, replacementInputs } from "../../graph/edits/replace.ts";
import { prune, typesOf, type Program } from "../../graph/program.ts";
import type { Architecture } from "../../models/family.ts";
import { hookName } from "../../models/anatomy/hookNames.ts";

/** Values that the workbench's program returns, and inputs that it adds. */
export const WORKBENCH_VALUES = {
  ...ATTENTION_SCORE_VALUES,
  ...TOKEN_LOSS_VALUES,
  positions: "asked_positions",
  ideals: "ideal_patterns",
  askedLogits: "logits.asked",
  /** Layers whose heads are alike share a value, that of the first of them. */
  patterns: (first: number) => `patterns.shown.${first}`,
  valueNorms: (first: number) => `value_norms.shown.${first}`,
  z: (layer: number) => hookName(layer, "attn.hook_z"),
  zSwitch: (layer: number) => replacementInputs(hookName(layer, "attn.hook_z")),
  idealOn: (layer: number) => `blocks.${layer}.attn.ideal.on`,
  idealOf: (layer: number) => `blocks.${layer}.attn.ideal.of`,
  showSwitch: (layer: number) => `blocks.${layer}.shown`,
} as const;

/**
 * Adds to the forward pass, for each layer, a switch of `hook_z` by [batch, head] and one that puts an ideal pattern in the
 * place of a head's own, and what a page reads: scores, losses, logits at asked positions, patterns of one layer.
 *
 * Nobody feeds a switch: nothing is switched. Ideal patterns come in once, [ideal, query, key], and `ideal.of` [batch,
 * head, ideal] is 1 where a head takes one. `blocks.L.shown` is 1 for the layer whose patterns and value norms are wanted.
 *
 * @param measures rows of the weight tables
 * @param ideals rows of `ideal_patterns`
 */
export function workbenchProgram(
  program: Program,
  { layers, vocabulary, scan }: Pick<Architecture, "layers" | "vocabulary" | "scan">,
  { measures, ideals }: { readonly measures: number; readonly ideals: number },
): Program {
  const all = Array.from({ length: layers }, (_, layer) => layer);
  const switched = all.reduce(
    (before, layer) =>
      scan?.layers.includes(layer) ? withOutputSwitch(before, layer) : withSwitches(before, layer),
    withIdealTable(program, ideals),
  );
  const scored = withAttentionScores({ ...switched, outputs: [] }, { layers, measures });
  const measured = withTokenLoss(scored, vocabulary);
  const b = builder(measured);
  const outputs = [
    ...measured.outputs,
    askedLogits(b),
    ...shownLayer(b, layersAlike(program, layers)),
    ...all.map(WORKBENCH_VALUES.z),
  ];
  return prune(b.program(outputs, program.limits));
}

function withIdealTable(program: Program, ideals: number): Program {
  const b = builder(program);
  b.input(WORKBENCH_VALUES.ideals, "float32", {
    ideal: ideals,
    query: "position",
    key: "position",
  });
  return b.program(program.outputs, program.limits);
}

/** The pattern of a state-space layer is only looked at, so there is nothing that another would change. */
function withOutputSwitch(program: Program, layer: number): Program {
  return replace(program, WORKBENCH_VALUES.z(layer), { by: ["batch", "head"] });
}

function withSwitches(program: Program, layer: number): Program {
  const z = withOutputSwitch(program, layer);
  const [on, of, pattern] = [
    WORKBENCH_VALUES.idealOn(layer),
    WORKBENCH_VALUES.idealOf(layer),
    `blocks.${layer}.attn.ideal`,
  ];
  const none = { kind: "constant", value: 0 } as const;
  return intercept(z, hookName(layer, "attn.hook_pattern"), (value, before) => {
    const [batch, head] = value.axes as [(typeof value.axes)[0], (typeof value.axes)[0]];
    const { ideals } = WORKBENCH_VALUES;
    const kinds = z.inputs.find(({ name }) => name === ideals)!.axes[0]!;
    return {
      inputs: [
        { name: on, type: "bool", axes: [batch, head], fill: none },
        { name: of, type: "float32", axes: [batch, head, kinds], fill: none },
      ],
      ops: [
        {
          op: "contract",
          inputs: [of, ideals],
          output: pattern,
          attributes: { axes: value.axes.map(({ name }) => name) },
        },
        {
          op: "where",
          inputs: [on, pattern, before],
          output: hookName(layer, "attn.hook_pattern"),
          attributes: {},
        },
      ],
    };
  });
}

/** [batch, asked, d_vocab] */
function askedLogits(b: Builder): string {
  const positions = b.input(WORKBENCH_VALUES.positions, "int32", { position: "asked" });
  return b.op("take", ["logits", positions], { axis: "position" }, WORKBENCH_VALUES.askedLogits);
}

/**
 * The first layer whose heads are as many, with as many keys and values, as those of each layer: in hybrids, layers of attention
 * and of scans differ.
 */
export function layersAlike(program: Program, layers: number): readonly number[] {
  const types = typesOf(program);
  const shapes = Array.from({ length: layers }, (_, layer) => {
    const [pattern, values] = [PATTERN, VALUES].map((hook) => types.get(hookName(layer, hook))!);
    return JSON.stringify([pattern!.axes, values!.axes.filter(({ name }) => name !== "d_head")]);
  });
  return shapes.map((shape) => shapes.indexOf(shape));
}

const PATTERN = "attn.hook_pattern";
const VALUES = "attn.hook_v";

/**
 * Patterns [batch, head, query, key] and norms of values [batch, position, head or kv_head] of one layer: sums over layers that
 * are alike, in which all but one are multiplied by 0, so that what is not shown does not stay in memory.
 */
function shownLayer(b: Builder, alike: readonly number[]): string[] {
  alike.forEach((_, layer) =>
    b.input(
      WORKBENCH_VALUES.showSwitch(layer),
      "float32",
      {},
      { fill: { kind: "constant", value: 0 } },
    ),
  );
  const chosen = (first: number, valueOf: (layer: number) => string, as: string) => {
    const parts = alike.flatMap((other, layer) =>
      other === first ? [b.mul(valueOf(layer), WORKBENCH_VALUES.showSwitch(layer))] : [],
    );
    const sum = parts.reduce((total, part) => b.add(total, part));
    return b.op("rename", [sum], { names: {} }, as);
  };
  const norm = (layer: number) => {
    const v = hookName(layer, VALUES);
    return b.op("sqrt", [b.op("sum", [b.mul(v, v)], { axes: ["d_head"] })], {});
  };
  return [...new Set(alike)].flatMap((first) => [
    chosen(first, (layer) => hookName(layer, PATTERN), WORKBENCH_VALUES.patterns(first)),
    chosen(first, norm, WORKBENCH_VALUES.valueNorms(first)),
  ]);
}
