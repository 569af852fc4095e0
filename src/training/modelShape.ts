export interface ModelShape {
  /**
   * How the checkpoint is laid out; llama has grouped keys, rotary positions, RMS norms, gated MLPs and no biases; mamba2 has
   * state-space layers in place of attention and no positions; t5 is an encoder-decoder with biases by distance, RMS norms, plain
   * MLPs and no biases, of which both stacks have `layers` layers.
   */
  readonly family?: "transformer_lens" | "llama" | "mamba2" | "t5" | undefined;
  readonly vocabulary: number;
  readonly contextLength: number;
  readonly layers: number;
  readonly heads: number;
  readonly dModel: number;
  /** Left out: attention only. */
  readonly dMlp?: number | undefined;
  readonly activation?: "relu" | "gelu" | "gelu_new" | "silu" | undefined;
  /**
   * learned: added to the residual stream; shortformer: to what queries and keys read; rotary: turns them; alibi: a slope for each
   * head times the distance, added to scores, nothing to learn; relative: t5; none: mamba2.
   */
  readonly positions?:
    "learned" | "shortformer" | "rotary" | "alibi" | "relative" | "none" | undefined;
  readonly norm?: "LN" | "RMS" | null | undefined;
  /** llama: heads that keys and values have; left out: as many as queries. */
  readonly kvHeads?: number | undefined;
  /** mamba2: numbers in the state of each channel. Left out: 32. */
  readonly states?: number | undefined;
  /** Each head mixes every key with the one before it, by a learned share (Olsson et al. 2022): one layer then suffices. */
  readonly smearedKeys?: boolean | undefined;
  /** The embedding serves as unembedding too. */
  readonly tied?: boolean | undefined;
  /** Biases that are trained; the others stay 0. inner: all but the unembedding's, as in GPT-2. Left out: all. */
  readonly biases?: "all" | "inner" | "none" | undefined;
}
