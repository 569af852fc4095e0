import { modelFrom } from "../../../src/models/families.ts";
import { modelInMemory } from "../../../src/models/inMemory.ts";
import type { LoadedModel } from "../../../src/models/loaded.ts";
import type { PlantedModel } from "../../../src/bench/population/plantedModel.ts";

/** A planted model of the benchmark as one that was opened. */
export function loadedPlanted(
  { config, weights }: Pick<PlantedModel, "config" | "weights">,
  seed: number,
): LoadedModel {
  const model = modelFrom(config, { weights, unsupported: new Map() });
  return modelInMemory(model, { id: `population:${seed}`, sha256: "0".repeat(64) });
}
