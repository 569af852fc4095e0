/** @file Which engine runs a model: WebGPU where there is an adapter that computes what WASM computes, else WASM; and why. */
import {
  AbortError,
  ALLOWED_DIFFERENCE,
  openEngine,
  selfCheck,
  throwIfAborted,
  type Backend,
  type LoadedModel,
} from "induction-lens/browser";
import type { AnswerOptions } from "./answerOptions.ts";

export interface ChosenEngine {
  readonly backend: Backend;
  /** The engine, and in a sentence why it is that one. */
  readonly words: { readonly engine: string; readonly why: string };
}

/** WebGPU is checked on one row of repeated tokens: logits, and the last layer's patterns and residual stream. */
export async function fastestEngine(
  model: LoadedModel,
  options: AnswerOptions,
): Promise<ChosenEngine> {
  const isolated = globalThis.crossOriginIsolated;
  const threads = isolated ? navigator.hardwareConcurrency : 1;
  const wasm = await openEngine({ device: "wasm", threads });
  const onWasm = (why: string): ChosenEngine => ({
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
  options.progress("checking WebGPU against WASM", 0, 1);
  try {
    const webgpu = await openEngine({ device: "webgpu", threads });
    const difference = await selfCheck(model.program, webgpu);
    throwIfAborted(options.signal);
    const words = `${difference.toExponential(1)} where ${ALLOWED_DIFFERENCE} is allowed`;
    if (!(difference <= ALLOWED_DIFFERENCE))
      return onWasm(`WebGPU failed its self-check by ${words}`);
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
