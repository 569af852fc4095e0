/** @file Mamba, Falcon-Mamba and Mamba-2: state-space layers alone, no attention, no MLP, no positions. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { activationName } from "../config/activation.ts";
import type { NormSpec, SsmSpec } from "../decoder/spec.ts";
import { family, type Row } from "./row.ts";

/** Keys that all three have. Those of time steps are read when weights are made, the others change how fast it goes. */
const keys = {
  num_hidden_layers: z.int().positive(),
  hidden_size: z.int().positive(),
  vocab_size: z.int().positive(),
  state_size: z.int().positive(),
  expand: z.int().positive().default(2),
  conv_kernel: z.int().positive().default(4),
  use_bias: z.boolean().default(false),
  use_conv_bias: z.boolean().default(true),
  hidden_act: activationName.default("silu"),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  residual_in_fp32: z.unknown().optional(),
  rescale_prenorm_residual: z.unknown().optional(),
  time_step_min: z.unknown().optional(),
  time_step_max: z.unknown().optional(),
  time_step_floor: z.unknown().optional(),
  time_step_scale: z.unknown().optional(),
  time_step_init_scheme: z.unknown().optional(),
  use_associative_scan: z.unknown().optional(),
  use_mambapy: z.unknown().optional(),
};

/** Bounds of Mamba-2's time steps. */
export const timeLimits = z
  .tuple([z.number(), z.union([z.number(), z.literal(Infinity)])])
  .default([0, Infinity]);

/** Width from which time steps are projected; auto: a sixteenth of the stream. */
export const timeStepRank = z
  .union([z.literal("auto"), z.int().positive(), z.string().regex(/^[1-9]\d*$/)])
  .default("auto");

const mambaKeys = {
  ...keys,
  state_size: keys.state_size.default(16),
  intermediate_size: z.int().positive().nullish(),
  time_step_rank: timeStepRank,
  tie_word_embeddings: z.boolean().default(true),
};

const mambaSchema = z.object(mambaKeys);

export const mamba = family("mamba", mambaSchema, (c) => mambaRow(c, null));

export const falconMamba = family(
  "falcon_mamba",
  z.object({
    ...mambaKeys,
    mixer_rms_eps: z.number().positive().default(1e-6),
    use_falcon_mambapy: z.unknown().optional(),
  }),
  (c) => mambaRow(c, { kind: "RMS", eps: c.mixer_rms_eps }),
);

const mamba2Schema = z.object({
  ...keys,
  state_size: keys.state_size.default(128),
  num_heads: z.int().positive().default(128),
  head_dim: z.int().positive().default(64),
  n_groups: z.int().positive().default(8),
  time_step_limit: timeLimits,
  time_step_rank: z.unknown().optional(),
  chunk_size: z.unknown().optional(),
  rms_norm: z.literal(true).default(true),
  intermediate_size: z.unknown().optional(),
  tie_word_embeddings: z.boolean().default(false),
});

export const mamba2 = family("mamba2", mamba2Schema, (c) => {
  const { num_heads: heads, head_dim: dHead, n_groups: groups } = c;
  checkScanHeads({ heads, dHead, groups, inner: c.expand * c.hidden_size });
  return rowOf(c, {
    kind: "heads",
    heads,
    dHead,
    groups,
    states: c.state_size,
    taps: c.conv_kernel,
    act: c.hidden_act,
    limits: c.time_step_limit,
    norm: normOf(c),
  });
});

/** @throws {InputError} "config" unless heads of this size fill the channels, and groups share heads evenly */
export function checkScanHeads(
  { heads, dHead, groups, inner }: Readonly<Record<"heads" | "dHead" | "groups" | "inner", number>>,
  prefix = "",
): void {
  const [count, size, group] =
    prefix === ""
      ? ["num_heads", "head_dim", "n_groups"]
      : ["n_heads", "d_head", "n_groups"].map((key) => prefix + key);
  if (inner !== heads * dHead)
    throw new InputError(
      "config",
      `${prefix}expand times hidden_size is ${inner}, and must be ${count} ${heads} times ${size} ${dHead}, which is ${heads * dHead}`,
    );
  if (heads % groups !== 0)
    throw new InputError("config", `${count} ${heads} cannot share ${group} ${groups} evenly`);
}

/** The width that a configuration means. */
export function rankOf(rank: z.infer<typeof timeStepRank>, width: number): number {
  return rank === "auto" ? Math.ceil(width / 16) : Number(rank);
}

type Keys = z.infer<z.ZodObject<typeof keys>> & {
  readonly tie_word_embeddings: boolean;
};

function mambaRow(c: z.infer<typeof mambaSchema>, norm: NormSpec | null): Row {
  const inner = c.intermediate_size ?? c.expand * c.hidden_size;
  return rowOf(c, {
    kind: "channels",
    heads: inner,
    dHead: 1,
    states: c.state_size,
    taps: c.conv_kernel,
    act: c.hidden_act,
    rank: rankOf(c.time_step_rank, c.hidden_size),
    norm,
  });
}

function normOf(c: Pick<Keys, "layer_norm_epsilon">): NormSpec {
  return { kind: "RMS", eps: c.layer_norm_epsilon };
}

function rowOf(c: Keys, ssm: SsmSpec): Row {
  return {
    spec: {
      dModel: c.hidden_size,
      vocabulary: c.vocab_size,
      contextLength: LONGEST,
      blocks: Array.from({ length: c.num_hidden_layers }, () => ({
        attention: null,
        ssm,
        mlp: null,
      })),
      norm: normOf(c),
      residual: { norms: "before" },
    },
    names: {
      base: "backbone.",
      embed: "embeddings",
      layer: "layers.{layer}.",
      ln1: "norm",
      finalNorm: "norm_f",
      ssm: { mixer: "mixer" },
      head: "/lm_head",
      biases: { conv: c.use_conv_bias, ssm: c.use_bias },
    },
    sizes: {},
    tied: c.tie_word_embeddings,
  };
}

/** A scan has no longest sequence; what its memory allows ends far below this. */
const LONGEST = 2 ** 20;
