/** @file Windows that are shorter than a period: a head there cannot see what followed the earlier copy, whatever it has learned. */
import type { Architecture } from "../models/family.ts";

type Windows = Pick<Architecture, "layers" | "windows">;

/** Layers of which no query sees the token after the earlier copy, `period - 1` before it: those with a window under `period`. */
export function layersOutOfReach({ windows = [] }: Windows, period: number): number[] {
  return windows.flatMap((window, layer) => (window !== null && window < period ? [layer] : []));
}

/** One sentence for all such layers; nothing where every layer reaches. */
export function reachWarnings(architecture: Windows, period: number): string[] {
  const layers = layersOutOfReach(architecture, period);
  if (layers.length === 0) return [];
  const windows = layers.map((layer) => architecture.windows![layer]!);
  const [least, most] = [Math.min(...windows), Math.max(...windows)];
  const all = layers.length === architecture.layers;
  const who = all ? "no layer sees" : `layers ${layers.join(", ")} do not see`;
  const window =
    least === most ? `a window of ${least} tokens` : `windows of ${least} to ${most} tokens`;
  return [
    `${who} what followed the earlier copy (${window}, a period of ${period}): induction cannot reach there, which does not mean that there is none; sequences of at most ${2 * least} tokens bring it within reach`,
  ];
}
