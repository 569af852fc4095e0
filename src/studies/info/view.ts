/** @file The architecture card as text: a name and a value to a line, layers that are alike on one. */
import { byteSize } from "../../base/byteSize.ts";
import { layersNamed, windowsNamed } from "../../draw/layersNamed.ts";
import type { ModelCard } from "./result.ts";

type Stack = NonNullable<ModelCard["stacks"]>[number];
type Scan = NonNullable<ModelCard["scan"]>;
type Row = readonly [name: string, value: string];

/** @param visible makes text from outside safe to show */
export function cardText(card: ModelCard, visible: (text: string) => string): string {
  const rows = [
    ...aboutRows(card),
    ...(card.stacks?.map(stackRow) ?? attentionRows(card)),
    ...(card.stacks ? [] : partRows(card)),
    ...costRows(card),
    ...textRows(card),
    ...card.notices.map((notice): Row => ["notice", notice]),
    ...studyRows(card),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${visible(value)}\n`).join("");
}

function aboutRows({ model, sizes, scan, stacks }: ModelCard): Row[] {
  const { layers, dModel, vocabulary, contextLength } = sizes;
  const about: Row[] = [
    ["model", model.revision === null ? model.id : `${model.id} at ${model.revision}`],
    ["family", model.modelType === null ? model.family : `${model.family} (${model.modelType})`],
    ["sha256", model.sha256 ?? "not hashed yet"],
  ];
  const reads: Row = [
    "vocabulary",
    vocabulary === 0 ? "none: it reads images" : `${vocabulary} tokens`,
  ];
  if (stacks) return [...about, reads];
  return [
    ...about,
    ["layers", String(layers)],
    ...(scan ? scanRows(scan, layers) : headRows(sizes)),
    ...(isHybrid(scan, layers) ? headRows(sizes, restOf(scan, layers)) : []),
    ["d_model", width(dModel)],
    reads,
    [
      "context",
      scan && !isHybrid(scan, layers)
        ? "no longest row: a scan carries a state of one size along"
        : `${contextLength} tokens`,
    ],
  ];
}

const width = (entries: number | null) => (entries === null ? "unknown" : String(entries));

/** Whether layers other than scans have attention. */
function isHybrid(scan: Scan | null, layers: number): scan is Scan {
  return scan !== null && scan.layers.length < layers;
}

function restOf(scan: Scan, layers: number): number[] {
  return Array.from({ length: layers }, (_, layer) => layer).filter(
    (layer) => !scan.layers.includes(layer),
  );
}

/** @param only layers that have attention, where others have not; left out: all */
function headRows(
  { heads, kvHeads, dHead, dValue }: ModelCard["sizes"],
  only: readonly number[] = [],
): Row[] {
  const where = only.length > 0 ? `: ${layersNamed(only)}` : "";
  return [
    ["heads", `${heads}, ${kvHeads} for keys and values${where}`],
    ["head size", dValue === dHead ? width(dHead) : `${width(dHead)}, values ${width(dValue)}`],
  ];
}

/** What has the place of heads: each has a pattern of its own. */
function scanRows(scan: Scan, layers: number): Row[] {
  const { units, heads, dHead, states, taps } = scan;
  const hybrid = isHybrid(scan, layers);
  const where = hybrid ? `: ${layersNamed(scan.layers)}` : "";
  const what =
    units === "channels"
      ? `${heads}, each a scan of its own: what other models have as heads`
      : `${heads}, each a scan of ${dHead} channels`;
  return [
    [hybrid && units === "heads" ? "scans" : units, `${what}${where}`],
    ["state", `${states} numbers for each channel`],
    [
      "convolution",
      taps === 1 ? "of the token alone" : `of ${taps} tokens, the current one included`,
    ],
  ];
}

function stackRow({ name, layers, heads, mask, cross, dModel, length }: Stack): Row {
  const sees = mask === "none" ? "sees both directions" : "sees what is before";
  const reads = cross ? ", and the encoder" : "";
  return [
    name === "" ? "stack" : `${name} stack`,
    `${layers} layers, ${heads} heads, d_model ${dModel}, ${length} positions; ${sees}${reads}`,
  ];
}

function attentionRows({ attention, scan, reaches, sizes }: ModelCard): Row[] {
  const { layers, positions, latent, queryKeyNorm, scoreSoftcap, sinks } = attention;
  const turns = layers.map(({ rotary }) =>
    rotary === null
      ? "none"
      : `${rotary.entries} entries of each head, type ${rotary.type}${rotary.interleaved ? ", neighbours in pairs" : ""}`,
  );
  if (scan && !isHybrid(scan, sizes.layers))
    return [["attention", "none; `score` and others read the pattern of each scan"]];
  return [
    ["positions", positions ?? "unknown"],
    ...(positions === "rotary" ? byLayer("rotary", turns) : []),
    ...(reaches
      ? byLayer("layers see", reaches.map(bothSides))
      : [["layers see", windowsNamed(attention) ?? "all tokens in every layer"] as const]),
    ...(latent ? [["projections", "low-rank (latent attention)"] as const] : []),
    ...(queryKeyNorm ? [["query-key norm", "yes"] as const] : []),
    ...(scoreSoftcap === null ? [] : [["score soft cap", String(scoreSoftcap)] as const]),
    ...(sinks ? [["sinks", "heads may attend to no key"] as const] : []),
  ];
}

function bothSides(reach: number | null): string {
  return reach === null ? "all tokens, before and after" : `${reach} tokens on each side`;
}

/** One row for each value, with the layers that have it; without them where all have the same. */
function byLayer(name: string, values: readonly string[]): Row[] {
  const kinds = [...new Set(values)];
  if (kinds.length === 1) return [[name, kinds[0]!]];
  return kinds.map((kind) => {
    const layers = [...values.keys()].filter((layer) => values[layer] === kind);
    return [name, `${kind}: ${layersNamed(layers)}`];
  });
}

const PLACES = {
  before: "before each part",
  after: "after each part",
  around: "before and after each part",
  stream: "of the stream itself, after each part",
};

const HEADS = {
  own: "a matrix of its own",
  tied: "the embedding",
  none: "none in the files: there are no logits",
};

function partRows(card: ModelCard): Row[] {
  const { norm, parallel, residualMultiplier, logitSoftcap, unembedding, experts } = card;
  const kind = { LN: "layer norm", RMS: "RMS norm", none: "none" }[norm.kind ?? "none"];
  const places = norm.kind && norm.places ? `, ${PLACES[norm.places]}` : "";
  const shared = experts?.shared ? `, and one for every token (${experts.shared})` : "";
  return [
    ["norms", `${kind}${places}`],
    ...(parallel ? [["parts", "attention and MLP side by side"] as const] : []),
    ...(residualMultiplier === 1
      ? []
      : [["residual multiplier", String(residualMultiplier)] as const]),
    ...(experts
      ? [
          [
            "experts",
            `${experts.count}, ${experts.perToken} for each token${shared}: ${layersNamed(experts.layers)}`,
          ] as const,
        ]
      : []),
    ["unembedding", unembedding === null ? "unknown" : HEADS[unembedding]],
    ...(logitSoftcap === null ? [] : [["logit soft cap", String(logitSoftcap)] as const]),
  ];
}

function costRows({ parameters, bytes, experts }: ModelCard): Row[] {
  const { tokens, cpu, wasm } = bytes.memory;
  const active = experts ? `, ${count(parameters.active)} active for each token` : "";
  return [
    ["parameters", `${count(parameters.total)}${active}`],
    ["on disk", bytes.disk === null ? "nothing" : byteSize(bytes.disk)],
    [
      "in memory",
      `native ${byteSize(cpu.totalBytes)}, WASM ${byteSize(wasm.totalBytes)}, as float32, to score a row of ${tokens} tokens`,
    ],
  ];
}

const count = (value: number) => value.toLocaleString("en-US");

function textRows({ tokenizer, bos }: ModelCard): Row[] {
  const { description, vocabulary, none } = tokenizer;
  const { rows, text } = bos;
  return [
    ["tokenizer", description === null ? `none: ${none}` : `${description}, ${vocabulary} tokens`],
    ["BOS in rows", `${rows.id === null ? "none" : `token ${rows.id}`} (${rows.why})`],
    ...(text
      ? [
          [
            "BOS in text",
            `${text.id === null ? "none" : `token ${text.id}, ${text.added ? "added" : "not added"}`} (${text.why})`,
          ] as const,
        ]
      : []),
  ];
}

function studyRows({ studies }: ModelCard): Row[] {
  const entries = Object.entries(studies);
  const runs = entries.flatMap(([name, reason]) => (reason === null ? [name] : []));
  const refused = entries.flatMap(([name, reason]) => (reason === null ? [] : [{ name, reason }]));
  const reasons = [...new Set(refused.map(({ reason }) => reason))];
  return [
    ["can run", runs.join(", ")],
    ...reasons.map((reason): Row => {
      const names = refused.filter((entry) => entry.reason === reason).map(({ name }) => name);
      return ["cannot run", `${names.join(", ")}: ${reason}`];
    }),
  ];
}
