/**
 * @file A Mamba and a Mamba-2 made by hand that copy the token after the previous occurrence, in one layer.
 *
 * Tokens are unit vectors, each a direction of its own. The convolution gives half of the channels (of Mamba-2: B) the token
 * before and the others the current one; B reads the token before, C the current one, and nothing decays: the state at q holds, for each
 * token, what came after it, and C[q] . B[k] is 1 where the token before k is that at q. The first half of the channels (of Mamba-2
 * the first head) carry tokens along and write them; all others forget at once.
 */
import { tensorParts, weightsInMemory } from "./tensorParts.ts";

export interface PlantedScan {
  /** Tokens beside BOS, which is 0 and no vector. */
  readonly tokens: number;
  /** Whether the convolution gives B the token before; else the current one, and the layer finds copies, not what followed. */
  readonly shifts: boolean;
}

/** A Mamba with two channels for each token; the same bytes for the same sizes. */
export function plantedMamba({ tokens, shifts }: PlantedScan) {
  const channels = 2 * tokens;
  const isCurrent = (channel: number) => channel < tokens;
  const { addTensor, parts, large } = around(tokens);
  addTensor(`${MIXER}.in_proj.weight`, [2 * channels, tokens], (row, entry) =>
    row < channels ? Number(row % tokens === entry) : GATE / large,
  );
  addTensor(`${MIXER}.conv1d.weight`, [channels, 1, TAPS], (channel, tap) =>
    Number(tap === tapOf(shifts && !isCurrent(channel))),
  );
  addTensor(`${MIXER}.x_proj.weight`, [1 + 2 * tokens, channels], (row, channel) => {
    const half = isCurrent(channel) ? tokens : 0; // rows: time step, B, C
    return row > 0 && row - 1 === half + (channel % tokens) ? 1 / large : 0;
  });
  addTensor(`${MIXER}.dt_proj.weight`, [channels, 1]);
  addTensor(`${MIXER}.dt_proj.bias`, [channels], () => STEP);
  addTensor(`${MIXER}.A_log`, [channels, tokens], (channel) =>
    isCurrent(channel) ? KEEPS : FORGETS,
  );
  addTensor(`${MIXER}.D`, [channels]);
  addTensor(`${MIXER}.out_proj.weight`, [tokens, channels], (entry, channel) =>
    Number(entry === channel),
  );
  const own = { model_type: "mamba", intermediate_size: channels, time_step_rank: 1 };
  return { config: { ...configOf(tokens), ...own }, weights: weightsInMemory(parts) };
}

/** A Mamba-2 with four heads, each as wide as there are tokens; the same bytes for the same sizes. */
export function plantedMamba2({ tokens, shifts }: PlantedScan) {
  const inner = HEADS * tokens;
  const conv = inner + 2 * tokens;
  const { addTensor, parts, large } = around(tokens);
  addTensor(`${MIXER}.in_proj.weight`, [inner + conv + HEADS, tokens], (row, entry) => {
    if (row < inner) return GATE / large;
    if (row >= inner + conv) return 0; // time steps
    const scale = row < 2 * inner ? 1 : ONE_AFTER_SILU / large; // x, then B and C
    return row % tokens === entry ? scale : 0;
  });
  const isB = (channel: number) => channel >= inner && channel < inner + tokens;
  addTensor(`${MIXER}.conv1d.weight`, [conv, 1, TAPS], (channel, tap) =>
    Number(tap === tapOf(shifts && isB(channel))),
  );
  addTensor(`${MIXER}.dt_bias`, [HEADS], () => STEP);
  addTensor(`${MIXER}.A_log`, [HEADS], (head) => (head === 0 ? KEEPS : FORGETS));
  addTensor(`${MIXER}.D`, [HEADS]);
  addTensor(`${MIXER}.norm.weight`, [inner], () => 1);
  addTensor(`${MIXER}.out_proj.weight`, [tokens, inner], (entry, channel) =>
    Number(entry === channel),
  );
  const own = {
    model_type: "mamba2",
    expand: HEADS,
    num_heads: HEADS,
    head_dim: tokens,
    n_groups: 1,
  };
  return { config: { ...configOf(tokens), ...own }, weights: weightsInMemory(parts) };
}

const MIXER = "backbone.layers.0.mixer";
const TAPS = 4;
const HEADS = 4;
/** Before its activation. */
const GATE = 4;
/** silu of this is 1. */
const ONE_AFTER_SILU = 1.2784645;
/** Logarithms of rates. */
const [KEEPS, FORGETS] = [-30, 5];
/** softplus of this is 1. */
const STEP = Math.log(Math.E - 1);

const tapOf = (before: boolean) => (before ? TAPS - 2 : TAPS - 1);

/** Embedding, norms and unembedding, to which the mixer is added. */
function around(tokens: number) {
  const { parts, addTensor } = tensorParts();
  addTensor("backbone.embeddings.weight", [tokens + 1, tokens], (id, entry) =>
    Number(id === entry + 1),
  );
  addTensor("backbone.layers.0.norm.weight", [tokens], () => 1);
  addTensor("backbone.norm_f.weight", [tokens], () => 1);
  addTensor("lm_head.weight", [tokens + 1, tokens], (id, entry) => 2 * Number(id === entry + 1));
  const large = Math.sqrt(tokens); // an entry of a unit vector after the norm
  return { addTensor, parts, large };
}

function configOf(tokens: number) {
  return {
    vocab_size: tokens + 1,
    hidden_size: tokens,
    num_hidden_layers: 1,
    state_size: tokens,
    conv_kernel: TAPS,
    use_conv_bias: false,
    tie_word_embeddings: false,
    bos_token_id: 0,
    eos_token_id: null,
    pad_token_id: null,
  };
}
