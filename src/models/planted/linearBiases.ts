/**
 * @file A BLOOM made by hand with an induction head. Nothing but linear biases says where a token is, so the head before looks at
 * the nearest keys, of which it leaves out its own token: at distance n it has a share near (1 - e^-s) e^-s(n - 1), s = 1/2.
 *
 * Tokens are unit vectors, each a direction of the block `token` of the stream. Head 0.0 writes the tokens before into the block `previous`.
 * Head 1.7, whose slope is the least, looks for the place that has the current token as `previous`, and copies the token there into `prediction`.
 * BOS has a direction of its own, where a head that finds nothing rests.
 */
import { PLANTED_BOS } from "./circuit.ts";
import { tensorParts, weightsInMemory, type AddTensor } from "./tensorParts.ts";

const HEADS = 8;
/** Entries of a head beside those for tokens: the first of them is for BOS. */
const MORE = 4;
/** Taken off the score of a token that is the query's own, and what a match and BOS have, before the root of d_head. */
const [AVOID, SHARP, REST] = [12, 22, 10];

/** @param tokens beside BOS */
export function plantedBloom({ tokens }: { readonly tokens: number }) {
  const dHead = tokens + MORE;
  const dModel = HEADS * dHead;
  const [token, previous, prediction, start] = [0, tokens, 2 * tokens, 3 * tokens];
  const { parts, addTensor } = tensorParts();
  const norm = (name: string, gain: number) => {
    addTensor(`${name}.weight`, [dModel], () => gain);
    addTensor(`${name}.bias`, [dModel]);
  };
  const code = (id: number) => (id === PLANTED_BOS ? start : id - 1);
  addTensor("word_embeddings.weight", [tokens + 1, dModel], (id, entry) =>
    Number(entry === code(id)),
  );
  addTensor("lm_head.weight", [tokens + 1, dModel], (id, entry) =>
    Number(id !== PLANTED_BOS && entry === prediction + id - 1),
  );
  norm("word_embeddings_layernorm", dModel ** -0.5); // what enters the stream has length 1
  for (let layer = 0; layer < 2; layer++) {
    const at = `h.${layer}`;
    for (const name of ["input_layernorm", "post_attention_layernorm"])
      norm(`${at}.${name}`, dModel ** -0.5);
    addHead(addTensor, at, { dHead, dModel }, layer === 0 ? before() : induction());
    addTensor(`${at}.mlp.dense_h_to_4h.weight`, [4 * dModel, dModel]);
    addTensor(`${at}.mlp.dense_h_to_4h.bias`, [4 * dModel]);
    addTensor(`${at}.mlp.dense_4h_to_h.weight`, [dModel, 4 * dModel]);
    addTensor(`${at}.mlp.dense_4h_to_h.bias`, [dModel]);
  }
  norm("ln_f", 1);
  return { config: configOf(tokens, dModel), weights: weightsInMemory(parts) };

  function before(): Head {
    const same = { query: token, key: token, sharpness: -AVOID };
    return { ...same, head: 0, tokens, start, rest: 0, value: token, to: previous, strength: 2.5 };
  }
  function induction(): Head {
    const match = { query: token, key: previous, sharpness: 2.5 * SHARP };
    return {
      ...match,
      head: 7,
      tokens,
      start,
      rest: REST,
      value: token,
      to: prediction,
      strength: 20,
    };
  }
}

/** A head: where blocks of the stream begin that its queries, keys and values read, and that it writes to. */
interface Head {
  readonly head: number;
  readonly tokens: number;
  readonly query: number;
  readonly key: number;
  readonly sharpness: number;
  /** Score of BOS for every query; where its direction is. */
  readonly rest: number;
  readonly start: number;
  readonly value: number;
  readonly to: number;
  readonly strength: number;
}

/** One head of a layer; the others are 0, so that they see what is near by their slope and write nothing. */
function addHead(
  addTensor: AddTensor,
  at: string,
  { dHead, dModel }: { readonly dHead: number; readonly dModel: number },
  { head, tokens, query, key, sharpness, rest, start, value, to, strength }: Head,
): void {
  const own = `${at}.self_attention`;
  const first = 3 * dHead * head; // rows go head by head: its queries, keys, values
  const scale = Math.sqrt(dHead);
  addTensor(`${own}.query_key_value.weight`, [3 * dModel, dModel], (row, column) => {
    const [part, entry] = [Math.floor((row - first) / dHead), (row - first) % dHead];
    if (row < first || part > 2) return 0;
    if (part === 1 && entry === tokens && column === start) return rest * scale;
    if (entry >= tokens) return 0;
    const from = [query, key, value][part]!;
    return column === from + entry ? [sharpness * scale, 1, 1][part]! : 0;
  });
  addTensor(`${own}.query_key_value.bias`, [3 * dModel], (row) => Number(row === first + tokens));
  addTensor(`${own}.dense.weight`, [dModel, dModel], (row, column) =>
    column - head * dHead === row - to && row >= to && row < to + tokens ? strength : 0,
  );
  addTensor(`${own}.dense.bias`, [dModel]);
}

function configOf(tokens: number, dModel: number) {
  return {
    model_type: "bloom",
    vocab_size: tokens + 1,
    hidden_size: dModel,
    n_layer: 2,
    n_head: HEADS,
    seq_length: 512,
    layer_norm_epsilon: 1e-5,
    tie_word_embeddings: false,
    bos_token_id: PLANTED_BOS,
  };
}
