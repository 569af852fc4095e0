/** @file Which heads carry an image to the answer: it is exchanged for another, then the heads' outputs and views one by one. */
import type { Feeds } from "../../base/backend.ts";
import { tensor, type Tensor, type TensorData } from "../../base/tensor.ts";
import { replace, replacementInputs } from "../../graph/edits/replace.ts";
import { slice } from "../../graph/edits/slice.ts";
import { rowOf } from "../../inputs/sequences.ts";
import { chunksOf } from "../../interventions/chunks.ts";
import {
  atPositions,
  METRIC_INPUTS,
  metricValue,
  withMetrics,
  type TailName,
} from "../../interventions/metrics.ts";
import { takeRows } from "../../interventions/rows.ts";
import { anatomy } from "../../models/anatomy/anatomy.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { rowsPerRun } from "../../runtime/chunks.ts";
import { prepare, type Session } from "../../runtime/prepare.ts";
import type { Lent } from "../stacks/stackRuns.ts";
import type { ImagePlan } from "./plan.ts";

export interface CarriedEffects {
  readonly answer: number;
  readonly foil: number | null;
  readonly metric: "logit-difference" | "log-probability";
  readonly clean: number;
  readonly other: number;
  /** [layer][head] */
  readonly harm: readonly (readonly number[])[];
  readonly restored: readonly (readonly number[])[];
  readonly cut: readonly (readonly number[])[];
  /** Attention from the end of the row to each vector of the image: [layer][head][vector]. */
  readonly looks: readonly (readonly (readonly number[])[])[];
}

/** What the stream of text begins with: the image is in it, so that its tower runs once for each image. */
const START = "hook_embed";
const at = (layer: number, what: "z" | "pattern") => `blocks.${layer}.attn.hook_${what}`;

/** What a run of one image gives: the stream's begin, what each head gives and sees, the likeliest token at the end. */
interface SeenImage {
  readonly start: Tensor;
  readonly values: ReadonlyMap<string, Tensor>;
  readonly says: number;
}

/** @throws {InputError} and {AbortError} as `image` */
export async function carriedEffects(
  model: LoadedModel,
  plan: ImagePlan,
  lent: Lent,
): Promise<CarriedEffects> {
  const [image, other] = await bothSeen(model, plan, lent);
  const answer = plan.answer ?? image.says;
  const foil = plan.foil ?? (other.says === answer ? null : other.says);
  const metric = foil === null ? "log-probability" : "logit-difference";
  const runs = await sessionFor(model, plan, metric, lent);
  const targets = { answer, foil: foil ?? answer };
  try {
    const answerOf = async (start: Tensor) =>
      (await metricByHead(runs, plan, targets, { start, heads: [0], feeds: () => [] }, lent))[0]!;
    const [clean, changed] = [await answerOf(image.start), await answerOf(other.start)];
    const effects: { harm: number[][]; restored: number[][]; cut: number[][] } = {
      ...{ harm: [], restored: [], cut: [] },
    };
    const { layers, heads } = model.architecture;
    const all = Array.from({ length: heads }, (_, head) => head);
    for (let layer = 0; layer < layers; layer++) {
      const each = (start: Tensor, feeds: Change) =>
        metricByHead(runs, plan, targets, { start, heads: all, feeds }, lent);
      const harmed = await each(image.start, outputOf(layer, other, plan, heads));
      const restored = await each(other.start, outputOf(layer, image, plan, heads));
      const blind = await each(image.start, withoutImage(layer, image, plan, heads));
      effects.harm.push(harmed.map((value) => clean - value));
      effects.restored.push(restored.map((value) => value - changed));
      effects.cut.push(blind.map((value) => clean - value));
      lent.progress?.("exchanging heads", layer + 1, layers);
    }
    return {
      answer,
      foil,
      metric,
      clean,
      other: changed,
      ...effects,
      looks: looksOf(image, plan, layers),
    };
  } finally {
    await runs.session.close();
  }
}

/** A run of each image, in one session of the whole model. */
async function bothSeen(
  { seeing, architecture: { layers } }: LoadedModel,
  { row, images }: ImagePlan,
  { backend, signal }: Lent,
): Promise<readonly [SeenImage, SeenImage]> {
  const names = Array.from({ length: layers }, (_, layer) => [
    at(layer, "z"),
    at(layer, "pattern"),
  ]);
  const outputs = [START, ...names.flat(), "logits"];
  const sizes = { batch: 1, position: row.length };
  const session = await prepare(slice(seeing!, { outputs }), backend, sizes);
  try {
    const [image, other] = images;
    return [
      await runImage(session, row, image, signal),
      await runImage(session, row, other, signal),
    ];
  } finally {
    await session.close();
  }
}

async function runImage(
  session: Session,
  row: readonly number[],
  pixels: Tensor,
  signal: AbortSignal | undefined,
): Promise<SeenImage> {
  signal?.throwIfAborted();
  const feeds = new Map<string, Tensor<TensorData>>([
    ["tokens", rowOf({ tokens: row })],
    ["pixels", pixels],
  ]);
  const trace = await session.run(feeds);
  const logits = trace.get("logits")!;
  const vocabulary = logits.shape[2]!;
  const last = logits.data.subarray(logits.data.length - vocabulary);
  const says = last.reduce((best, value, id) => (value > last[best]! ? id : best), 0);
  return { start: trace.get(START)!, values: new Map(trace), says };
}

interface Runs {
  readonly session: Session;
  readonly perRun: number;
  readonly metric: TailName;
}

/** A session from the stream's begin to the metric, in which what every head gives and sees can be replaced. */
async function sessionFor(
  { seeing, architecture }: LoadedModel,
  { row }: ImagePlan,
  metric: TailName,
  { backend }: Lent,
): Promise<Runs> {
  const parts = { vocabulary: architecture.vocabulary, anatomy: anatomy(seeing!, architecture) };
  const measuring = withMetrics(seeing!, parts, [metric]);
  const edited = Array.from({ length: architecture.layers }, (_, layer) => layer).reduce(
    (program, layer) => {
      const sees = replace(program, at(layer, "pattern"), {
        by: ["batch", "head"],
        axes: ["head", "query", "key"],
      });
      return replace(sees, at(layer, "z"), {
        by: ["batch", "position", "head"],
        axes: ["position", "head", "d_head"],
      });
    },
    measuring,
  );
  const whole = slice(edited, { outputs: measuring.outputs, from: [START] });
  const program = atPositions(whole, [metric]);
  const perRun = rowsPerRun(program, backend, row.length);
  const sizes = { batch: perRun, position: row.length };
  return { session: await prepare(program, backend, sizes), perRun, metric };
}

/** What is fed beside the stream's begin, for runs of these heads. */
type Change = (heads: readonly number[]) => readonly (readonly [string, Tensor<TensorData>])[];

/** The metric with each head changed alone. */
async function metricByHead(
  { session, perRun, metric }: Runs,
  { row }: ImagePlan,
  { answer, foil }: { readonly answer: number; readonly foil: number },
  {
    start,
    heads,
    feeds,
  }: { readonly start: Tensor; readonly heads: readonly number[]; readonly feeds: Change },
  { signal }: Lent,
): Promise<number[]> {
  const reads = new Set(session.program.inputs.map(({ name }) => name));
  const values: number[] = [];
  for (const chunk of chunksOf(heads.length, perRun)) {
    signal?.throwIfAborted();
    const count = chunk.length;
    const ids = (id: number) =>
      tensor(
        ["batch", "position"],
        [count, row.length],
        new Int32Array(count * row.length).fill(id),
      );
    const same = new Array<number>(count).fill(0);
    const feedsOfAll: readonly (readonly [string, Tensor<TensorData>])[] = [
      [START, takeRows(start, same)],
      ["tokens", takeRows(rowOf({ tokens: row }), same)],
      [METRIC_INPUTS.targets, ids(answer)],
      [METRIC_INPUTS.others, ids(foil)],
      [METRIC_INPUTS.positions, tensor(["position"], [1], Int32Array.of(row.length - 1))],
      ...feeds(chunk.map((index) => heads[index]!)),
    ];
    const all: Feeds = new Map(feedsOfAll.filter(([name]) => reads.has(name)));
    values.push(...(await session.run(all)).get(metricValue(metric))!.data);
  }
  return values;
}

/** Each head gives at the text after the image what it gave in another run. */
function outputOf(
  layer: number,
  { values }: SeenImage,
  { row, text }: ImagePlan,
  heads: number,
): Change {
  const name = at(layer, "z");
  const { on, replacement } = replacementInputs(name);
  const value = values.get(name)!;
  const by = tensor(value.axes.slice(1), value.shape.slice(1), value.data);
  return (chosen) => {
    const switches = new Uint8Array(chosen.length * row.length * heads);
    chosen.forEach((head, variant) => {
      for (let place = text; place < row.length; place++)
        switches[(variant * row.length + place) * heads + head] = 1;
    });
    const shape = [chosen.length, row.length, heads];
    return [
      [on, tensor(["batch", "position", "head"], shape, switches)],
      [replacement, by],
    ];
  };
}

/** Each head sees as before, but nothing of the image from the text after it; what it saw there is lost, not shared out. */
function withoutImage(
  layer: number,
  { values }: SeenImage,
  plan: ImagePlan,
  heads: number,
): Change {
  const { row, first, text } = plan;
  const name = at(layer, "pattern");
  const { on, replacement } = replacementInputs(name);
  const { axes, shape, data } = values.get(name)!;
  const blind = data.slice();
  for (let head = 0; head < heads; head++)
    for (let query = text; query < row.length; query++) {
      const from = (head * row.length + query) * row.length;
      blind.fill(0, from + first, from + text);
    }
  const by = tensor(axes.slice(1), shape.slice(1), blind);
  return (chosen) => {
    const switches = new Uint8Array(chosen.length * heads);
    chosen.forEach((head, variant) => (switches[variant * heads + head] = 1));
    return [
      [on, tensor(["batch", "head"], [chosen.length, heads], switches)],
      [replacement, by],
    ];
  };
}

function looksOf({ values }: SeenImage, { row, first, text }: ImagePlan, layers: number) {
  return Array.from({ length: layers }, (_, layer) => {
    const { shape, data } = values.get(at(layer, "pattern"))!;
    return Array.from({ length: shape[1]! }, (_head, head) => {
      const from = (head * row.length + row.length - 1) * row.length;
      return [...data.subarray(from + first, from + text)];
    });
  });
}
