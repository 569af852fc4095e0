/** @file Attention of one layer, read from its operations: from the stream to queries, keys and values, and on to z. */
import type { Op } from "../../graph/ops.ts";
import { hookName } from "./hookNames.ts";
import type {
  AttentionAnatomy,
  HeadInput,
  NormAnatomy,
  OutputProjection,
  Part,
  Passage,
  Projection,
  ScanAnatomy,
  ScoreProduct,
  ScoresAnatomy,
  TurnedInput,
} from "./programAnatomy.ts";
import { normAt, operationsBetween, beforeCap, beforeRename, type Operations } from "./readBack.ts";

/** @param passage from `hook_attn_out` to the stream */
export function readAttention(
  operations: Operations,
  layer: number,
  passage: Part<Passage>,
): AttentionAnatomy {
  const hook = (name: string) => hookName(layer, `attn.hook_${name}`);
  const scan = readScan(operations, layer);
  const scores = readScores(operations, layer);
  const product = "missing" in scores.product ? null : scores.product;
  const rotaryInput = (which: "q" | "k", used: string | undefined): TurnedInput => {
    const norm = used === undefined ? null : normBetween(operations, hook(which), used);
    return {
      ...headInput(operations, layer, which),
      norm,
      normOverHeads: norm !== null && operations.producers.get(norm.input)?.op === "mergeAxes",
      rotated: has(operations, hook(`rot_${which}`)),
    };
  };
  return {
    scan,
    norm: normOfLayer(operations, layer, scan ? hook("z") : hook("q")),
    queries: rotaryInput("q", product?.queries),
    keys: rotaryInput("k", product?.keys),
    values: headInput(operations, layer, "v"),
    scores,
    pattern: hook("pattern"),
    sink: has(operations, hook("sink")),
    z: hook("z"),
    output: hookName(layer, "hook_attn_out"),
    projection: outputProjection(operations, layer),
    passage,
  };
}

function readScan(operations: Operations, layer: number): ScanAnatomy | null {
  if (!isScan(operations, layer)) return null;
  const { producers } = operations;
  const hook = (name: string) => hookName(layer, `ssm.${name}`);
  const norm = producers.get(hook("norm.hook_normalized"));
  const conv = operations.program.ops.find(
    (op) => op.op === "convolve" && op.inputs[0] === hook("hook_conv_in"),
  );
  return {
    gate: hook("hook_gate"),
    norm: norm ? { ...normAt(operations, norm.output)!, gain: hook("norm.w") } : null,
    weight: producers.get(hookName(layer, "hook_attn_out"))!.inputs[1]!,
    convolution: conv!.inputs[1]!,
  };
}

/** Whether the layer has a selective scan in place of attention. */
function isScan({ producers }: Pick<Operations, "producers">, layer: number): boolean {
  return producers.has(hookName(layer, "ssm.hook_scan"));
}

function has({ producers }: Operations, name: string): string | null {
  return producers.has(name) ? name : null;
}

const WORDS = { q: "queries", k: "keys", v: "values" } as const;

function headInput(operations: Operations, layer: number, which: "q" | "k" | "v"): HeadInput {
  const hook = hookName(layer, `attn.hook_${which}`);
  const scan = `layer ${layer} is a state-space layer, which has no ${WORDS[which]} that are a product of the stream and a weight`;
  if (isScan(operations, layer)) return { hook, projection: { missing: scan } };
  const missing = `the ${WORDS[which]} of layer ${layer} are not a product of the normalised residual stream and a weight`;
  return { hook, projection: projectionOf(operations, layer, hook) ?? { missing } };
}

function projectionOf(operations: Operations, layer: number, hook: string): Projection | null {
  const producer = operations.producers.get(hook);
  const op = producer?.op === "clamp" ? operations.producers.get(producer.inputs[0]!) : producer;
  if (op?.op !== "contract") return null;
  const [input, weight, bias = null] = op.inputs as [string, string, string?];
  const stream = hookName(layer, "hook_resid_pre");
  const norm = operations.weights.has(weight) ? normOfStream(operations, input, stream) : null;
  return norm && { weight, bias, norm: norm.norm };
}

/** The norm through which `name` is made from the stream, with or without something added; null if it is made otherwise. */
function normOfStream(
  operations: Operations,
  name: string,
  stream: string,
): { readonly norm: NormAnatomy | null } | null {
  if (name === stream) return { norm: null };
  const op = operations.producers.get(name);
  if (op?.op === "add") {
    const ways = op.inputs.map((input) => normOfStream(operations, input, stream));
    return ways.find((way) => way !== null) ?? null;
  }
  const norm = normAt(operations, name);
  if (norm)
    return beforeRename(operations, norm.input) === beforeRename(operations, stream)
      ? { norm }
      : null;
  return op?.op === "rename" ? normOfStream(operations, op.inputs[0]!, stream) : null;
}

/** The norm that reads the stream itself, on the way to the queries or to what a scan gives. */
function normOfLayer(operations: Operations, layer: number, to: string): NormAnatomy | null {
  const stream = hookName(layer, "hook_resid_pre");
  const norm = normBetween(operations, stream, to);
  return norm?.input === stream ? norm : null;
}

/** The first norm on the way from one value to another. */
function normBetween(operations: Operations, from: string, to: string): NormAnatomy | null {
  const way = operationsBetween(operations, from, [to]);
  const norm = way.find(({ op }) => op === "norm");
  if (!norm) return null;
  const gained = way.find(
    ({ op, inputs }) => (op === "gain" || op === "mul") && inputs[0] === norm.output,
  );
  return normAt(operations, gained?.output ?? norm.output);
}

/** masked = cap(product) + mask, where heads of one group are merged again after the product. */
function readScores(operations: Operations, layer: number): ScoresAnatomy {
  const masked = hookName(layer, "attn.hook_attn_scores");
  const op = operations.producers.get(masked);
  const unmasked = op?.op === "rename" ? op.inputs[0]! : masked;
  const [bare, mask] = op?.op === "add" ? op.inputs : [unmasked, ""];
  const fill = operations.program.inputs.find(({ name }) => name === mask)?.fill;
  const { value, cap } = beforeCap(operations, bare!);
  const masks = fill?.kind === "causalMask" || fill?.kind === "alibiMask";
  const others = fill?.kind === "bandMask" || op?.op === "rename";
  const product = masks || others ? productOf(operations, layer, value) : null;
  return {
    product: product ?? {
      missing: isScan(operations, layer)
        ? `layer ${layer} is a state-space layer, which has no scores of queries and keys`
        : `layer ${layer}'s attention scores are not scale * q.k plus a mask`,
    },
    softcap: cap,
    uncapped: value,
    alibi: fill?.kind === "alibiMask" ? fill : null,
    window: masks ? fill.window : null,
    chunk: fill?.kind === "causalMask" ? (fill.chunk ?? null) : null,
    masked,
  };
}

function productOf(operations: Operations, layer: number, value: string): ScoreProduct | null {
  const { producers } = operations;
  const raw = producers.get(value);
  const op = raw?.op === "mergeAxes" ? producers.get(raw.inputs[0]!) : raw;
  if (op?.op !== "contract" || op.inputs.length !== 2) return null;
  const [queries, keys] = op.inputs as [string, string];
  const way = operationsBetween(operations, hookName(layer, "hook_resid_pre"), [queries, keys]);
  const outputsOf = (op: Op["op"]) =>
    way.filter((step) => step.op === op).map(({ output }) => output);
  return {
    queries,
    keys,
    scale: op.attributes.scale ?? 1,
    normScales: outputsOf("scale"),
    clamps: outputsOf("clamp"),
    positions: way.find(({ output }) => output === "hook_pos_embed")?.output ?? null,
  };
}

function outputProjection(
  { producers, weights }: Operations,
  layer: number,
): Part<OutputProjection> {
  const op = producers.get(hookName(layer, "hook_attn_out"));
  const [z, weight, bias = null] = (op?.inputs ?? []) as string[];
  if (op?.op === "contract" && z === hookName(layer, "attn.hook_z") && weights.has(weight!))
    return { weight: weight!, bias };
  if (isScan({ producers }, layer))
    return {
      missing: `what the scan of layer ${layer} gives goes through a gate before it is written to the stream`,
    };
  return { missing: `the attention output of layer ${layer} is not a product of z and a weight` };
}
