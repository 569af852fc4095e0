/** @file What every Result says about its model, its input and what computed it. */
import type { Backend } from "../../base/backend.ts";
import { isProcessor } from "../../base/devices.ts";
import { FEWEST_FOR_INTERVAL } from "../../measure/interval.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { architectureInfoOf } from "./architectureInfo.ts";
import type { EnvironmentInfo, InputInfo, ModelInfo } from "../../results/common.ts";

export function modelInfoOf({ id, revision, sha256, architecture }: LoadedModel): ModelInfo {
  const { family, layers, heads, headsByLayer, kvHeads } = architecture;
  const about = { id, family, revision, sha256, layers, heads, kvHeads, processing: "none" };
  const counts = headsByLayer && { headsByLayer: [...headsByLayer] };
  return { ...about, ...counts, architecture: architectureInfoOf(architecture) };
}

export function environmentOf({
  device,
  choice,
  rounding,
  threads,
  versions,
}: Backend): EnvironmentInfo {
  return {
    device,
    ...(choice !== undefined && { choice }),
    ...(rounding && { bits: rounding.bits }),
    ...(isProcessor(device) && { threads, prepacking: true }),
    versions: { ...versions },
  };
}

/** The fields that follow `beginResult` where a study measured one model. */
export function headerOf(model: LoadedModel, input: InputInfo, warnings: readonly string[]) {
  return { model: modelInfoOf(model), input, warnings: [...warnings] };
}

/** The fields that a Result ends with; all that differs between two runs of the same input. */
export function footerOf(backend: Backend, timings: Record<string, number>) {
  return { environment: environmentOf(backend), timings };
}

/** A warning where there are too few examples for an interval. */
export function tooFewWarning(examples: number): string[] {
  if (examples >= FEWEST_FOR_INTERVAL) return [];
  const are = examples === 1 ? "example is" : "examples are";
  return [`${examples} ${are} too few for an interval; ${FEWEST_FOR_INTERVAL} is the least`];
}
