/** @file Products of the embedding with the unembedding and with itself, summed over the vocabulary in pieces. */
import { tensor, type Tensor } from "../base/tensor.ts";
import { builder } from "../graph/builder.ts";
import { slice } from "../graph/edits/slice.ts";
import type { Program } from "../graph/program.ts";
import type { Backend } from "../base/backend.ts";
import { prepare } from "../runtime/prepare.ts";
import { turn } from "../runtime/turn.ts";
import { anatomy } from "../models/anatomy/anatomy.ts";
import { requirePart } from "../models/anatomy/programAnatomy.ts";
import type { Model } from "../models/family.ts";
import { unembeddingRows } from "./targetDirections.ts";

/** d_model x d_model matrices of one kind of embedding E. */
export interface EmbeddingProducts {
  /** W_U E: [row, column]. */
  readonly copying: Tensor;
  /** E^T E: [row, column]. */
  readonly matching: Tensor;
}

export type EmbeddingKind = "raw" | "effective";

/** Tokens in one piece. */
const PIECE = 2048;

type DescribedModel = Pick<Model, "program" | "architecture">;

/** Whether layer 0 has an MLP, so that the effective embedding is another one. */
export function hasEffective({ program, architecture }: DescribedModel): boolean {
  return anatomy(program, architecture).layers[0]!.mlp !== null;
}

/**
 * Sums over all tokens: copying[m, n] = sum of W_U[m, t] E[t, n], matching[m, n] = sum of E[t, m] E[t, n].
 *
 * effective: E = W_E + MLP0(W_E), the MLP of layer 0 with its norms, as if attention there wrote nothing.
 *
 * @throws {InputError} "study" for a model whose logits are not a product
 */
export async function embeddingProducts(
  model: DescribedModel,
  backend: Backend,
  kind: EmbeddingKind,
): Promise<EmbeddingProducts> {
  const { vocabulary } = model.architecture;
  const session = await prepare(productProgram(model, kind), backend, {
    batch: PIECE,
    position: 1,
  });
  const sums: Partial<Record<"copying" | "matching", Float64Array>> = {};
  let shape: readonly number[] = [];
  try {
    for (let first = 0; first < vocabulary; first += PIECE) {
      const ids = Int32Array.from(
        { length: Math.min(PIECE, vocabulary - first) },
        (_, index) => first + index,
      );
      const trace = await session.run(
        new Map([["tokens", tensor(["batch", "position"], [ids.length, 1], ids)]]),
      );
      for (const name of ["copying", "matching"] as const) {
        const { data, shape: sizes } = trace.get(name)!;
        const sum = (sums[name] ??= new Float64Array(data.length));
        data.forEach((value, index) => (sum[index]! += value));
        shape = sizes;
      }
      await turn();
    }
  } finally {
    await session.close();
  }
  const product = (name: "copying" | "matching") =>
    tensor(["row", "column"], shape, Float32Array.from(sums[name]!));
  return { copying: product("copying"), matching: product("matching") };
}

function productProgram(model: DescribedModel, kind: EmbeddingKind): Program {
  const { joined, embedding, unembedding } = embeddingIn(model, kind);
  const b = builder(joined);
  const rows = b.rename(b.gather(unembedding, "tokens"), { d_model: "row" }); // [batch, position, row]
  const column = b.rename(embedding, { d_model: "column" });
  b.contract(rows, column, ["row", "column"], { as: "copying" });
  b.contract(b.rename(embedding, { d_model: "row" }), column, ["row", "column"], {
    as: "matching",
  });
  const outputs = ["copying", "matching"];
  return slice(b.program(outputs, joined.limits), { outputs });
}

/**
 * The program with the embedding of its tokens as a value, [batch, position, d_model], and its unembedding by rows,
 * [d_vocab, d_model].
 */
export function embeddingIn(
  { program, architecture }: DescribedModel,
  kind: EmbeddingKind,
): { readonly joined: Program; readonly embedding: string; readonly unembedding: string } {
  const { layers, end } = anatomy(program, architecture);
  const mlp = kind === "effective" ? layers[0]!.mlp : null;
  const b = builder(mlp ? withEmbeddingAt(program, mlp.reads) : program);
  const embedding = mlp ? b.add("hook_embed", requirePart(mlp.passage).added) : "hook_embed";
  const unembedding = unembeddingRows(b, requirePart(end).unembedding);
  return { joined: b.program(program.outputs, program.limits), embedding, unembedding };
}

/** The program in which the value `name` is the embedding of the tokens and nothing else. */
function withEmbeddingAt(program: Program, name: string): Program {
  return {
    ...program,
    ops: program.ops.map((op) =>
      op.output === name
        ? { op: "rename", inputs: ["hook_embed"], output: name, attributes: { names: {} } }
        : op,
    ),
  };
}
