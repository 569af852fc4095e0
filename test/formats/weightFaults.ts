/** @file What is wrong with values of weights, found in a reading of its own. */
import type { Weights } from "../../src/base/bytes.ts";
import { inChunks, type ScanOptions } from "../../src/formats/inChunks.ts";
import { faultScan, type WeightFaults } from "../../src/formats/weightFaults.ts";

export async function weightFaults(
  weights: Weights,
  options: ScanOptions = {},
): Promise<WeightFaults> {
  const { tensors, visit, faults } = faultScan(weights);
  await inChunks(tensors, visit, options);
  return faults();
}
