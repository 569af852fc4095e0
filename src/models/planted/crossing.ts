/**
 * @file A T5 made by hand that writes what its encoder reads, by content and not by position.
 *
 * Tokens are unit vectors, each a direction of the block `token` of the stream. Encoder head 0.0 writes the token before into the block
 * `previous`. Cross head 0.0 then looks, with the token that was written last, for the place that has it as `previous`, and copies the
 * token there into `prediction`. Encoder head 1.1 asks the same within the encoder, apart from the next place, which always has it.
 */
import { tensorParts, weightsInMemory } from "./tensorParts.ts";

const HEADS = 2;
const BUCKETS = 8;
/** Buckets of distance: the token before, and the one after. */
const [BEFORE, AFTER] = [1, BUCKETS / 2 + 1];
/** Added to scores: enough that nothing else counts. */
const ONLY = 40;
/** Of a query times a key that match. */
const SHARP = 0.3;

/** @param tokens beside padding, which starts a decoder's row, and EOS; both have no direction */
export function plantedT5({ tokens }: { readonly tokens: number }) {
  const dModel = 3 * tokens;
  const large = Math.sqrt(dModel); // an entry of a unit vector after the norm
  const [token, previous, prediction] = [0, tokens, 2 * tokens];
  const { parts, addTensor, attention, norm, dense } = writer(tokens, dModel);
  const none = { from: token, times: 0 };
  const nothing: Wiring = { query: none, key: none, value: none, to: prediction };
  const matching = {
    query: { from: token, times: SHARP },
    key: { from: previous, times: 1 },
  };
  const value = (times: number) => ({ from: token, times: times / large });
  addTensor("shared.weight", [tokens + 2, dModel], (id, entry) => Number(id - 2 === entry));
  addTensor("lm_head.weight", [tokens + 2, dModel], (id, entry) =>
    Number(id - 2 === entry - prediction),
  );
  attention(block("encoder", 0, 0), 0, { ...nothing, value: value(1), to: previous });
  attention(block("encoder", 1, 0), 1, { ...nothing, ...matching });
  attention(block("decoder", 0, 0), 0, nothing);
  attention(block("decoder", 0, 1), 0, { ...matching, value: value(3), to: prediction });
  const biases = (stack: string) =>
    `${block(stack, 0, 0)}.SelfAttention.relative_attention_bias.weight`;
  addTensor(biases("encoder"), [BUCKETS, HEADS], (bucket, head) => {
    if (head === 0) return bucket === BEFORE ? ONLY : 0;
    return bucket === AFTER ? -ONLY : 0;
  });
  addTensor(biases("decoder"), [BUCKETS, HEADS]);
  for (const at of [block("encoder", 0, 1), block("encoder", 1, 1), block("decoder", 0, 2)])
    dense(at);
  for (const stack of ["encoder", "decoder"]) norm(`${stack}.final_layer_norm`);
  return { config: configOf(tokens, dModel), weights: weightsInMemory(parts) };
}

/** What a planted head's queries, keys and values read, each from a block of the stream, and where it writes. */
interface Wiring {
  readonly query: Reading;
  readonly key: Reading;
  readonly value: Reading;
  readonly to: number;
}

interface Reading {
  /** Where the block begins. */
  readonly from: number;
  readonly times: number;
}

/** Writes the tensors of a checkpoint, part by part. */
function writer(tokens: number, dModel: number) {
  const { parts, addTensor } = tensorParts();
  const norm = (name: string) => addTensor(`${name}.weight`, [dModel], () => 1);
  const attention = (at: string, head: number, { query, key, value, to }: Wiring) => {
    const inner = HEADS * tokens;
    const name = at.startsWith("decoder") && at.endsWith("1") ? "EncDecAttention" : "SelfAttention";
    const within = (part: Reading) => (row: number, column: number) =>
      Math.floor(row / tokens) === head && row % tokens === column - part.from ? part.times : 0;
    addTensor(`${at}.${name}.q.weight`, [inner, dModel], within(query));
    addTensor(`${at}.${name}.k.weight`, [inner, dModel], within(key));
    addTensor(`${at}.${name}.v.weight`, [inner, dModel], within(value));
    const out = within({ from: to, times: 1 });
    addTensor(`${at}.${name}.o.weight`, [dModel, inner], (row, column) => out(column, row));
    norm(`${at}.layer_norm`);
  };
  const dense = (at: string) => {
    addTensor(`${at}.DenseReluDense.wi.weight`, [1, dModel]);
    addTensor(`${at}.DenseReluDense.wo.weight`, [dModel, 1]);
    norm(`${at}.layer_norm`);
  };
  return { parts, addTensor, norm, attention, dense };
}

const block = (stack: string, layer: number, part: number) =>
  `${stack}.block.${layer}.layer.${part}`;

function configOf(tokens: number, dModel: number) {
  return {
    model_type: "t5",
    vocab_size: tokens + 2,
    d_model: dModel,
    d_kv: tokens,
    d_ff: 1,
    num_layers: 2,
    num_decoder_layers: 1,
    num_heads: HEADS,
    relative_attention_num_buckets: BUCKETS,
    relative_attention_max_distance: 128,
    feed_forward_proj: "relu",
    tie_word_embeddings: false,
    is_encoder_decoder: true,
    decoder_start_token_id: 0,
    pad_token_id: 0,
    eos_token_id: 1,
  };
}
