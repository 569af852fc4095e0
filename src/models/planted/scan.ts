/**
 * @file A Mamba made by hand that copies the token after the previous occurrence, in one layer.
 *
 * Tokens are unit vectors, each a direction of its own. The convolution gives half of the channels the current token and the
 * other half the one before; B reads the token before, C the current one, and nothing decays: the state at q holds, for each
 * token, what came after it, and C[q] . B[k] is 1 where the token before k is that at q. The first half of the channels carry
 * tokens along and write them; the other half forget at once.
 */
import { stored } from "./circuit.ts";

export interface PlantedScan {
  /** Tokens beside BOS, which is 0 and no vector. */
  readonly tokens: number;
  /** Whether the convolution gives B the token before; else the current one, and the layer finds copies, not what followed. */
  readonly shifts: boolean;
}

/** The checkpoint; the same bytes for the same sizes. */
export function plantedScan({ tokens, shifts }: PlantedScan) {
  const channels = 2 * tokens;
  const parts = new Map<string, { shape: number[]; data: Float32Array }>();
  const put = (name: string, shape: number[], entry: (row: number, column: number) => number) => {
    const columns = shape.length === 1 ? 1 : shape.at(-1)!;
    const size = shape.reduce((product, each) => product * each, 1);
    const data = Float32Array.from({ length: size }, (_, index) =>
      entry(Math.floor(index / columns), index % columns),
    );
    parts.set(name, { shape, data });
  };
  const isCurrent = (channel: number) => channel < tokens;
  const at = "backbone.layers.0.mixer";
  const large = Math.sqrt(tokens); // an entry of a unit vector after the norm
  put("backbone.embeddings.weight", [tokens + 1, tokens], (id, entry) => Number(id === entry + 1));
  put("backbone.layers.0.norm.weight", [tokens], () => 1);
  put(`${at}.in_proj.weight`, [2 * channels, tokens], (row, entry) =>
    row < channels ? Number(row % tokens === entry) : GATE / large,
  );
  put(`${at}.conv1d.weight`, [channels, 1, TAPS], (channel, tap) =>
    Number(tap === (isCurrent(channel) || !shifts ? TAPS - 1 : TAPS - 2)),
  );
  put(`${at}.x_proj.weight`, [1 + 2 * tokens, channels], (row, channel) => {
    const half = isCurrent(channel) ? tokens : 0; // rows: time step, B, C
    return row > 0 && row - 1 === half + (channel % tokens) ? 1 / large : 0;
  });
  put(`${at}.dt_proj.weight`, [channels, 1], () => 0);
  put(`${at}.dt_proj.bias`, [channels], () => Math.log(Math.E - 1));
  put(`${at}.A_log`, [channels, tokens], (channel) => (isCurrent(channel) ? KEEPS : FORGETS));
  put(`${at}.D`, [channels], () => 0);
  put(`${at}.out_proj.weight`, [tokens, channels], (entry, channel) => Number(entry === channel));
  put("backbone.norm_f.weight", [tokens], () => 1);
  put("lm_head.weight", [tokens + 1, tokens], (id, entry) => 2 * Number(id === entry + 1));
  return { config: configOf(tokens, channels), weights: stored(parts) };
}

const TAPS = 4;
/** Before its activation. */
const GATE = 4;
/** Logarithms of rates. */
const [KEEPS, FORGETS] = [-30, 5];

function configOf(tokens: number, channels: number) {
  return {
    model_type: "mamba",
    vocab_size: tokens + 1,
    hidden_size: tokens,
    intermediate_size: channels,
    num_hidden_layers: 1,
    state_size: tokens,
    conv_kernel: TAPS,
    time_step_rank: 1,
    use_conv_bias: false,
    tie_word_embeddings: false,
    bos_token_id: 0,
    eos_token_id: null,
    pad_token_id: null,
  };
}
