/** @file What `attention` shows of one head: its pattern, that weighted by values, or its scores. */
import { kvHeadOf } from "../../models/kvHeadOf.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import type { AttentionValue } from "../../results/causalNames.ts";
import type { Trace } from "../../base/backend.ts";
import { matrixOfHead } from "../../interventions/matrixOfHead.ts";
import type { HeadAt } from "../../base/headName.ts";
import type { LayerAnatomy } from "../../models/anatomy/programAnatomy.ts";
import { hookName } from "../../models/anatomy/hookNames.ts";

const SCORES = "attn.hook_attn_scores";
const PATTERN = "attn.hook_pattern";
const VALUE = "attn.hook_v";

/** What a state-space layer has in their place: signed, and 0 where a key comes after the query. */
const SCAN = "ssm.hook_pattern";

const scoresOf = ({ layer, attention }: LayerAnatomy) =>
  hookName(layer, attention.scan ? SCAN : SCORES);

/** Hooks of a layer that are read. */
export function attentionHooks(anatomy: LayerAnatomy, values: AttentionValue): string[] {
  const hooks = [PATTERN, ...(values === "value-weighted" ? [VALUE] : [])];
  return [...hooks.map((hook) => hookName(anatomy.layer, hook)), scoresOf(anatomy)];
}

/** The pattern of a head: [query, key]. */
export function patternOf(trace: Trace, { layer, head }: HeadAt): Tensor {
  return matrixOfHead(trace.get(hookName(layer, PATTERN))!, head);
}

/** The values that are shown, [query][key] for keys 0 ... query; null where the query may not look. */
export function shownValues(
  trace: Trace,
  at: HeadAt,
  values: AttentionValue,
  { heads, anatomy }: { readonly heads: number; readonly anatomy: LayerAnatomy },
): (number | null)[][] {
  const scores = matrixOfHead(trace.get(scoresOf(anatomy))!, at.head);
  const [queries, keys] = scores.shape as readonly [number, number];
  const visible =
    values === "scores"
      ? scores
      : values === "pattern"
        ? patternOf(trace, at)
        : valueWeighted(patternOf(trace, at), trace.get(hookName(at.layer, VALUE))!, at, heads);
  return Array.from({ length: queries }, (_, query) =>
    Array.from({ length: query + 1 }, (_key, key) => {
      const place = query * keys + key;
      return scores.data[place]! > -Infinity ? Number(visible.data[place]!.toPrecision(7)) : null;
    }),
  );
}

/** @param value [1, key, head or kv_head, d_head] */
function valueWeighted(pattern: Tensor, value: Tensor, { head }: HeadAt, heads: number): Tensor {
  const [, keys, count, width] = value.shape as readonly [number, number, number, number];
  const own = kvHeadOf({ heads, kvHeads: count }, head);
  const lengths = Array.from({ length: keys }, (_, key) => {
    const from = (key * count + own) * width;
    return Math.hypot(...value.data.subarray(from, from + width));
  });
  const data = pattern.data.map((weight, place) => weight * lengths[place % keys]!);
  return tensor(pattern.axes, pattern.shape, data);
}
