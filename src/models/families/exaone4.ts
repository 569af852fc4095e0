/** @file EXAONE 4: norms after parts, of queries and of keys; where some layers have windows, only those turn. */
import { z } from "zod";
import { layerTypeKeys, llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { OLMO2_NORMS } from "./olmo.ts";
import { family, layerTypesOf, windowsOf } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  ...layerTypeKeys,
  num_key_value_heads: z.int().positive().nullable().default(32),
  rms_norm_eps: z.number().positive().default(1e-5),
  sliding_window: z.int().positive().nullable().default(4096),
  /** A number: every so many layers one is full. A text: L and G in turn. */
  sliding_window_pattern: z
    .union([z.int(), z.string().min(1)])
    .nullable()
    .default(4),
});

export const exaone4 = family("exaone4", schema, (c) => {
  const pattern = c.sliding_window_pattern;
  const slides = (layer: number) =>
    typeof pattern === "string"
      ? pattern[layer % pattern.length] === "L"
      : (layer + 1) % (pattern || 1) !== 0;
  const types = layerTypesOf(
    c.layer_types,
    c.num_hidden_layers,
    (layer) => c.sliding_window !== null && slides(layer),
  );
  const { rotary = null, ...attention } = llamaAttention(c);
  const windows = windowsOf(types, c.sliding_window);
  return llamaRow(
    c,
    { ...attention, norm: { kind: "RMS", eps: c.rms_norm_eps, over: "head" } },
    {
      byLayer: {
        windows,
        rotary: windows.map((window) =>
          c.sliding_window === null || window !== null ? rotary : null,
        ),
      },
      residual: { norms: "after" },
      names: OLMO2_NORMS,
    },
  );
});
