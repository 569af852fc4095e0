/** @file Which engine runs a model: WebGPU where there is an adapter that computes what WASM computes, else WASM; and why. */
import { tensor } from "induction-lens/graph";
import {
  AbortError,
  drawnTokens,
  openEngine,
  openWorkbench,
  type Backend,
  type LoadedModel,
  type WorkbenchRun,
  throwIfAborted,
} from "induction-lens/browser";
import { repeatedTokens } from "induction-lens/measure";
import type { AnswerOptions } from "./answerOptions.ts";

export interface Chosen {
  readonly backend: Backend;
  /** The engine, and in a sentence why it is that one. */
  readonly words: { readonly engine: string; readonly why: string };
}

/** Largest difference that passes, as a share of the largest number of its kind, or of 1 where that is less. */
const ALLOWED = 1e-4;
const PERIOD = 16;
const SEED = 1;

/**
 * One row of repeated tokens runs on both engines, once as trained and once with a head at zero; its losses, the scores of all
 * heads, the last layer's patterns and the logits are compared, number by number.
 */
export async function fastestEngine(model: LoadedModel, options: AnswerOptions): Promise<Chosen> {
  const isolated = globalThis.crossOriginIsolated;
  const threads = isolated ? navigator.hardwareConcurrency : 1;
  const wasm = await openEngine({ device: "wasm", threads });
  const onWasm = (why: string): Chosen => ({
    backend: wasm,
    words: {
      engine: `WASM, ${threads} ${threads === 1 ? "thread" : "threads"}`,
      why: isolated
        ? why
        : `${why}; this page is not cross-origin isolated, so WASM has one thread`,
    },
  });
  const adapter = await adapterName();
  if (adapter === null) return onWasm("this browser has no WebGPU adapter");
  options.progress("checking WebGPU against WASM", 0, 2);
  const expected = await runs(model, wasm, options);
  options.progress("checking WebGPU against WASM", 1, 2);
  try {
    const webgpu = await openEngine({ device: "webgpu", threads });
    const difference = farthest(expected, await runs(model, webgpu, options));
    const words = `${difference.toExponential(1)} where ${ALLOWED} is allowed`;
    if (!(difference <= ALLOWED)) return onWasm(`WebGPU failed its self-check by ${words}`);
    return {
      backend: webgpu,
      words: {
        engine: `WebGPU (${adapter})`,
        why: `on a sequence that both ran it differs from WASM by ${words}`,
      },
    };
  } catch (error) {
    if (error instanceof AbortError) throw error;
    return onWasm(`WebGPU could not run this model (${(error as Error).message})`);
  }
}

interface WithGpu {
  readonly gpu?: {
    requestAdapter(): Promise<{
      readonly info?: { readonly vendor: string; readonly architecture: string };
    } | null>;
  };
}

/** What the browser calls its adapter; null without one. */
async function adapterName(): Promise<string | null> {
  const { gpu } = navigator as Navigator & WithGpu;
  const adapter = (await gpu?.requestAdapter().catch(() => null)) ?? null;
  if (!adapter) return null;
  return [adapter.info?.vendor, adapter.info?.architecture].filter(Boolean).join(" ") || "unnamed";
}

async function runs(
  model: LoadedModel,
  backend: Backend,
  { signal }: AnswerOptions,
): Promise<readonly WorkbenchRun[]> {
  const { bosToken, contextLength, layers } = model.architecture;
  const start = bosToken === null ? 0 : 1;
  const ordinary = drawnTokens(model.architecture).ids;
  const period = Math.min(PERIOD, ordinary.length, Math.floor((contextLength - start) / 2));
  const row = repeatedTokens({ seed: SEED, examples: 1, period, bos: bosToken, ordinary });
  const length = start + 2 * period;
  const tokens = tensor(["batch", "position"], [1, length], Int32Array.from(row.tokens.data));
  const bench = await openWorkbench(model, { backend, rows: 1, length });
  try {
    const asked = Array.from({ length }, (_, position) => position);
    const done: WorkbenchRun[] = [];
    for (const edits of [[], [{ layer: 0, head: 0, kind: "zero" }] as const]) {
      throwIfAborted(signal);
      const rows = { tokens, repeats: { start, period, length } };
      done.push(await bench.run(rows, { edits, layer: layers - 1, asked }));
    }
    return done;
  } finally {
    await bench.close();
  }
}

/** Largest difference of two lists of runs; infinite where one has a number and the other has none. */
function farthest(expected: readonly WorkbenchRun[], got: readonly WorkbenchRun[]): number {
  const kinds = expected.flatMap((run, index) => {
    const other = numbersOf(got[index]!);
    return numbersOf(run).map((numbers, kind) => apart(numbers, other[kind]!));
  });
  return Math.max(...kinds);
}

/** Losses from the second token on (nothing predicts the first), scores, patterns and logits. */
function numbersOf({ losses, scores, patterns, logits }: WorkbenchRun): ArrayLike<number>[] {
  return [losses.data.subarray(1), Object.values(scores!).flat(2), patterns!.data, logits!.data];
}

function apart(expected: ArrayLike<number>, got: ArrayLike<number>): number {
  if (expected.length !== got.length) return Infinity;
  let [most, scale] = [0, 1];
  for (let at = 0; at < expected.length; at++) {
    const difference = Math.abs(expected[at]! - got[at]!);
    if (Number.isNaN(difference)) return Infinity;
    most = Math.max(most, difference);
    scale = Math.max(scale, Math.abs(expected[at]!));
  }
  return most / scale;
}
