/** @file Which engine runs a model: what the library finds fastest here, or what the address asks for; and why. */
import {
  AbortError,
  ALLOWED_DIFFERENCE,
  fastestFor,
  openEngine,
  selfCheck,
  throwIfAborted,
  type Backend,
  type LoadedModel,
} from "induction-lens/browser";
import type { AnswerOptions } from "./answerOptions.ts";
import type { DeviceName } from "./protocol.ts";

export interface ChosenEngine {
  readonly backend: Backend;
  /** The engine, and in a sentence why it is that one. */
  readonly words: { readonly engine: string; readonly why: string };
}

/** Tokens of a sequence that the page scores by. */
const LENGTH = 64;

/** Of itself WebGPU, if a layer of the model is clearly faster on it; in any case only once it computed what WASM computes. */
export async function engineOf(
  model: LoadedModel,
  device: DeviceName,
  options: AnswerOptions,
): Promise<ChosenEngine> {
  const threads = globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
  const onWasm = async (why: string) =>
    withWords(await openEngine({ device: "wasm", threads }), why);
  if (device === "wasm") return onWasm("the address asks for it");
  if ((await adapterName()) === null) return onWasm("this browser has no WebGPU adapter");
  if (device === "webgpu") return webgpuFor(model, threads, options, onWasm);
  const auto = await openEngine({ device, threads });
  const backend = await fastestFor(model.program, auto, LENGTH);
  throwIfAborted(options.signal);
  return withWords(backend, (backend.choice ?? "").replace(/^auto: \w+, /, ""));
}

/** WebGPU is checked on one row of repeated tokens: logits, and the last layer's patterns and residual stream. */
async function webgpuFor(
  model: LoadedModel,
  threads: number,
  options: AnswerOptions,
  onWasm: (why: string) => Promise<ChosenEngine>,
): Promise<ChosenEngine> {
  options.progress("checking WebGPU against WASM", 0, 1);
  try {
    const webgpu = await openEngine({ device: "webgpu", threads });
    const difference = await selfCheck(model.program, webgpu);
    throwIfAborted(options.signal);
    const words = `${difference.toExponential(1)} where ${ALLOWED_DIFFERENCE} is allowed`;
    return difference <= ALLOWED_DIFFERENCE
      ? withWords(webgpu, `on a sequence that both ran it differs from WASM by ${words}`)
      : onWasm(`WebGPU failed its self-check by ${words}`);
  } catch (error) {
    if (error instanceof AbortError) throw error;
    return onWasm(`WebGPU could not run this model (${(error as Error).message})`);
  }
}

async function withWords(backend: Backend, why: string): Promise<ChosenEngine> {
  const { device, threads } = backend;
  if (device === "webgpu")
    return { backend, words: { engine: `WebGPU (${(await adapterName()) ?? "unnamed"})`, why } };
  const alone = "this page is not cross-origin isolated, so WASM has one thread";
  return {
    backend,
    words: {
      engine: `WASM, ${threads} ${threads === 1 ? "thread" : "threads"}`,
      why: globalThis.crossOriginIsolated ? why : `${why}; ${alone}`,
    },
  };
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
