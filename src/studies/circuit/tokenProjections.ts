/** @file Tokens' embeddings and unembeddings times some columns, a few thousand tokens at a time. */
import { tensor, type Tensor } from "../../base/tensor.ts";
import { builder } from "../../graph/builder.ts";
import { slice } from "../../graph/edits/slice.ts";
import type { Model } from "../../models/family.ts";
import type { Backend } from "../../base/backend.ts";
import { prepare } from "../../runtime/prepare.ts";
import { turn } from "../../runtime/turn.ts";
import { embeddingIn, type EmbeddingKind } from "../../interventions/embeddingProducts.ts";

export interface TokenProjector {
  /**
   * E times `embed` and W_U^T times `unembed`, which are [d_model, column]: [token, column] each.
   *
   * @param tokens whose rows are wanted, in this order; left out: all
   */
  of(columns: Columns, tokens?: readonly number[]): Promise<Columns>;
  close(): Promise<void>;
}

export interface Columns {
  readonly embed: Tensor;
  readonly unembed: Tensor;
}

const PIECE = 2048;
const SIDES = ["embed", "unembed"] as const;

export async function tokenProjector(
  model: Pick<Model, "program" | "architecture">,
  backend: Backend,
  kind: EmbeddingKind,
): Promise<TokenProjector> {
  const { vocabulary } = model.architecture;
  const { joined, embedding, unembedding } = embeddingIn(model, kind);
  const b = builder(joined);
  const source = { embed: embedding, unembed: b.gather(unembedding, "tokens") };
  const width = b.typeOf(embedding).axes.at(-1)!.size;
  for (const side of SIDES) {
    const column = `${side}_column`;
    const columns = b.input(`${side}_columns`, "float32", { d_model: width, [column]: column });
    b.contract(source[side], columns, ["batch", "position", column], { as: `projected.${side}` });
  }
  const outputs = SIDES.map((side) => `projected.${side}`);
  const session = await prepare(slice(b.program(outputs, joined.limits), { outputs }), backend, {
    batch: PIECE,
    position: 1,
  });
  return {
    async of(columns, tokens = Array.from({ length: vocabulary }, (_, id) => id)) {
      const counts = SIDES.map((side) => columns[side].shape[1]!);
      const all = counts.map((count) => new Float32Array(tokens.length * count));
      const columnFeeds = SIDES.map(
        (side) => [`${side}_columns`, columnTensor(columns[side], side)] as const,
      );
      for (let first = 0; first < tokens.length; first += PIECE) {
        const ids = Int32Array.from(tokens.slice(first, first + PIECE));
        const feeds = new Map<string, Tensor | Tensor<Int32Array>>([
          ["tokens", tensor(["batch", "position"], [ids.length, 1], ids)],
          ...columnFeeds,
        ]);
        const trace = await session.run(feeds);
        outputs.forEach((name, side) =>
          all[side]!.set(trace.get(name)!.data, first * counts[side]!),
        );
        await turn();
      }
      const [embed, unembed] = all.map((data, side) =>
        tensor(["token", "column"], [tokens.length, counts[side]!], data),
      );
      return { embed: embed!, unembed: unembed! };
    },
    close: () => session.close(),
  };
}

function columnTensor({ shape, data }: Tensor, side: string): Tensor {
  return tensor(["d_model", `${side}_column`], shape, data);
}
