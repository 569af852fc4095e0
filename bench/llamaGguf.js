/** @file Writes a GGUF of a LLaMA shape with random Q4_0 weights, as `bench:size -- --gguf` needs it. */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { random } from "../dist/base/random.js";
import { LLAMA_SHAPES } from "./llamaShape.js";

const [F32, Q4_0] = [0, 2];
const [UINT32, FLOAT32, STRING] = [4, 6, 8];
const ALIGNMENT = 32;
const BLOCKS_AT_ONCE = 1 << 16;

/** Name, sizes from the innermost on, and type of each tensor. */
function tensors({ width, inner, layers, heads, kvHeads, vocabulary }) {
  const narrow = (width / heads) * kvHeads;
  /** @type {[string, number[], number?][]} */
  const all = [
    ["token_embd.weight", [width, vocabulary], Q4_0],
    ["output_norm.weight", [width], F32],
    ["output.weight", [width, vocabulary], Q4_0],
  ];
  for (let layer = 0; layer < layers; layer++)
    for (const [name, dims, type = Q4_0] of /** @type {[string, number[], number?][]} */ ([
      ["attn_norm", [width], F32],
      ["attn_q", [width, width]],
      ["attn_k", [width, narrow]],
      ["attn_v", [width, narrow]],
      ["attn_output", [width, width]],
      ["ffn_norm", [width], F32],
      ["ffn_gate", [width, inner]],
      ["ffn_up", [width, inner]],
      ["ffn_down", [inner, width]],
    ]))
      all.push([`blk.${layer}.${name}.weight`, dims, type]);
  return all;
}

const u32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const f32 = (value) => Buffer.from(Float32Array.of(value).buffer);
const text = (value) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);

function metadata({ width, inner, layers, heads, kvHeads, vocabulary }) {
  const numbers = {
    "llama.block_count": layers,
    "llama.context_length": 2048,
    "llama.embedding_length": width,
    "llama.feed_forward_length": inner,
    "llama.attention.head_count": heads,
    "llama.attention.head_count_kv": kvHeads,
    "llama.rope.dimension_count": width / heads,
    "llama.vocab_size": vocabulary,
  };
  return [
    [text("general.architecture"), u32(STRING), text("llama")],
    ...Object.entries(numbers).map(([key, value]) => [text(key), u32(UINT32), u32(value)]),
    [text("llama.attention.layer_norm_rms_epsilon"), u32(FLOAT32), f32(1e-5)],
  ].map((parts) => Buffer.concat(parts));
}

const aligned = (bytes) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
const sizeOf = (dims, type) => {
  const values = dims.reduce((product, each) => product * each, 1);
  return type === F32 ? 4 * values : (18 * values) / 32;
};

/** The path of the file, written if it is not there. */
export function llamaGguf(folder, name, shape = LLAMA_SHAPES[name]) {
  const path = join(folder, `llama-shape-${name}.Q4_0.gguf`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const [pairs, list] = [metadata(shape), tensors(shape)];
  let offset = 0;
  const infos = list.map(([tensor, dims, type]) => {
    const info = [text(tensor), u32(dims.length), ...dims.map(u64), u32(type), u64(offset)];
    offset += aligned(sizeOf(dims, type));
    return Buffer.concat(info);
  });
  const header = [Buffer.from("GGUF"), u32(3), u64(list.length), u64(pairs.length)];
  const head = Buffer.concat([...header, ...pairs, ...infos]);
  const file = openSync(`${path}.partial`, "w");
  writeSync(file, Buffer.concat([head, Buffer.alloc(aligned(head.length) - head.length)]));
  const draw = random(1);
  // Scales of about 0.004, with a sign: weights of about 0.02.
  const pool = Buffer.from(
    Uint8Array.from({ length: 18 * BLOCKS_AT_ONCE }, (_, at) =>
      at % 18 === 1 ? 0x1c + 0x80 * draw.integer(0, 1) : draw.integer(0, 255),
    ),
  );
  for (const [, dims, type] of list) {
    const bytes = sizeOf(dims, type);
    if (type === F32) writeSync(file, Buffer.from(new Float32Array(bytes / 4).fill(1).buffer));
    else
      for (let done = 0; done < bytes;) {
        // Each part begins at another block of the pool, so that no two matrices are the same.
        const from = 18 * draw.integer(0, BLOCKS_AT_ONCE / 2);
        const count = Math.min(pool.length - from, bytes - done);
        writeSync(file, pool, from, count);
        done += count;
      }
    writeSync(file, Buffer.alloc(aligned(bytes) - bytes));
  }
  closeSync(file);
  renameSync(`${path}.partial`, path);
  return path;
}
