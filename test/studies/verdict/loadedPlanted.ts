import { checkpointInMemory } from "../../../src/models/checkpointInMemory.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import type { PlantedModel } from "../../../src/bench/population/plantedModel.ts";

/** A planted model of the benchmark as one that was opened. */
export function loadedPlanted(
  checkpoint: Pick<PlantedModel, "config" | "weights">,
  seed: number,
): LoadedModel {
  return checkpointInMemory(checkpoint, { id: `population:${seed}` });
}
