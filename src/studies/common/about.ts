/** @file What every Result says about its model and about what computed it. */
import type { LoadedModel } from "../../models/loaded.ts";
import type { EnvironmentInfo, ModelInfo } from "../../results/common.ts";
import type { Backend } from "../../base/backend.ts";

export function modelInfoOf({ id, revision, sha256, architecture }: LoadedModel): ModelInfo {
  const { family, layers, heads, kvHeads } = architecture;
  return { id, family, revision, sha256, layers, heads, kvHeads, processing: "none" };
}

export function environmentOf({ device, threads, versions }: Backend): EnvironmentInfo {
  return { device, threads, versions: { ...versions }, prepacking: true };
}
