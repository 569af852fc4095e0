/** @file Heads whose OV circuit makes Tuesday of Monday: which of a list's tokens each token of the list raises most. */
import { throwIfAborted } from "../../base/errors.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import { hasEffective } from "../../interventions/embeddingProducts.ts";
import { headMatrices } from "../../interventions/headMatrices.ts";
import {
  normReader,
  readThrough,
  writeThrough,
  type NormReader,
} from "../../interventions/normGains.ts";
import { topOfEach } from "../../measure/topOfEach.ts";
import { tokenProjector, type TokenProjector } from "../circuit/tokenProjections.ts";
import { canRun } from "../common/canRun.ts";
import type { BehaviourWords } from "./behaviourWords.ts";
import { ORDINALS, type Ordinals } from "./ordinals.ts";
import { zerosByHead, type Probe, type ProbeAnswer, type ProbeContext } from "./probe.ts";
import { needsWords } from "./scene.ts";
import type { RowVocabulary } from "./vocabulary.ts";

/** A list with fewer tokens says little. */
const LEAST_ITEMS = 5;

const WORDS: BehaviourWords = {
  name: "successor",
  title: "successor",
  formula:
    "share of list tokens t whose successor is the largest of E'[t] W_V W_O W_U[t'] over all t' of the list; E' the effective embedding, gains of norms within; control: its predecessor",
  source:
    "Gould et al. 2023 (arXiv:2312.09230), who let the head read the MLP's output alone; here the embedding and the first MLP",
  kind: "share",
};

/** A list as this model's tokens, in order; places of neighbours. */
export interface TokenList {
  readonly name: string;
  readonly tokens: readonly number[];
  /** Items that have both neighbours, as places in `tokens`: a head that likes neighbours has as much as successor as as predecessor. */
  readonly inner: readonly {
    readonly at: number;
    readonly next: number;
    readonly before: number;
  }[];
}

/** Weights alone: no row is run. */
export const SUCCESSOR: Probe = {
  name: "ordinals",
  behaviours: [WORDS.name],
  measure: async (context) => {
    const { model, source } = context;
    if (!source.words) return needsWords();
    const why = canRun("circuit", model);
    if (why !== null) return why;
    const lists = tokenLists(source.words);
    if (lists.length === 0)
      return `the tokenizer has no list (days, months, numbers ...) of which ${LEAST_ITEMS} items in a row are one token each`;
    return successors(context, lists);
  },
};

/** Lists of which all items from the first on are one token, in the form with a space before or without. */
export function tokenLists(words: Pick<RowVocabulary, "piece">): TokenList[] {
  return ORDINALS.flatMap(({ name, circular, items }: Ordinals) => {
    const forms = [" ", ""].map((space) => items.map((item) => words.piece(space + item)));
    const whole = forms.map((ids) => ids.slice(0, firstMissing(ids)) as number[]);
    const tokens = whole.reduce((most, ids) => (ids.length > most.length ? ids : most));
    if (tokens.length < LEAST_ITEMS) return [];
    const closes = circular && tokens.length === items.length;
    const places = [...tokens.keys()].filter((at) => closes || (at > 0 && at < tokens.length - 1));
    const inner = places.map((at) => ({
      at,
      next: (at + 1) % tokens.length,
      before: (at + tokens.length - 1) % tokens.length,
    }));
    return [{ name, tokens, inner }];
  });
}

function firstMissing(ids: readonly (number | null)[]): number {
  const at = ids.indexOf(null);
  return at < 0 ? ids.length : at;
}

async function successors(
  { model, backend, options: { signal, progress } }: ProbeContext,
  lists: readonly TokenList[],
): Promise<ProbeAnswer> {
  const { layers, heads } = model.architecture;
  const pairs = lists.reduce((sum, { inner }) => sum + inner.length, 0);
  const [scores, controls] = [0, 1].map(() => zerosByHead({ layers, heads }, pairs));
  const kind = hasEffective(model) ? "effective" : "raw";
  const projector = await tokenProjector(model, backend, kind);
  try {
    const norms = await normReader(model, backend);
    for (let layer = 0; layer < layers; layer++) {
      throwIfAborted(signal);
      const matrices = await headMatrices(model, backend, layer);
      const raised = await raisedBy(projector, norms, layer, lists, matrices);
      for (let head = 0; head < heads; head++) {
        let pair = 0;
        lists.forEach((list, index) => {
          const top = topOfEach(raised[index]![head]!, list.tokens.length);
          for (const { at, next, before } of list.inner) {
            scores![layer]![head]![pair] = top[at] === next ? 1 : 0;
            controls![layer]![head]![pair++] = top[at] === before ? 1 : 0;
          }
        });
      }
      progress?.("reading circuits", layer + 1, layers);
    }
  } finally {
    await projector.close();
  }
  const chance = lists.reduce(
    (sum, { inner, tokens }) => sum + inner.length / tokens.length / pairs,
    0,
  );
  return {
    rows: {
      name: "ordinals",
      layout: `tokens of ordered lists, by weights alone: ${lists.map(({ name, tokens }) => `${tokens.length} ${name}`).join(", ")}`,
      length: 1,
      examples: pairs,
      variants: ["weights"],
    },
    behaviours: [
      { words: WORDS, scene: "ordinals", uniform: chance, scores: scores!, controls: controls! },
    ],
  };
}

/** [list][head], each [token, token]: how much a token that is attended to raises each token of its list. */
async function raisedBy(
  projector: TokenProjector,
  norms: NormReader,
  layer: number,
  lists: readonly TokenList[],
  { value, output }: { readonly value: Tensor; readonly output: Tensor },
): Promise<Float64Array[][]> {
  const [heads, , size] = value.shape as readonly [number, number, number];
  const tokens = lists.flatMap((list) => list.tokens);
  const { embed, unembed } = await projector.of(
    {
      embed: columnsOf(readThrough(value, norms.attention(layer))),
      unembed: columnsOf(writeThrough(writeThrough(output, norms.after(layer)), norms.end)),
    },
    tokens,
  );
  let first = 0;
  return lists.map((list) => {
    const from = first;
    first += list.tokens.length;
    return Array.from({ length: heads }, (_, head) => {
      const part = (all: Tensor, at: number) => {
        const start = (from + at) * heads * size + head * size;
        return all.data.subarray(start, start + size);
      };
      const count = list.tokens.length;
      return Float64Array.from({ length: count * count }, (__, place) => {
        const [reads, writes] = [
          part(embed, Math.floor(place / count)),
          part(unembed, place % count),
        ];
        return reads.reduce((sum, entry, at) => sum + entry * writes[at]!, 0);
      });
    });
  });
}

/** [head, d_model, d_head] as [d_model, head and d_head]. */
function columnsOf({ shape, data }: Tensor): Tensor {
  const [heads, width, size] = shape as readonly [number, number, number];
  const columns = new Float32Array(data.length);
  for (let head = 0; head < heads; head++)
    for (let row = 0; row < width; row++) {
      const from = (head * width + row) * size;
      columns.set(data.subarray(from, from + size), row * heads * size + head * size);
    }
  return tensor(["row", "column"], [width, heads * size], columns);
}
