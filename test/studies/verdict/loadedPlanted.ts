import { modelFrom } from "../../../src/models/families.ts";
import type { LoadedModel } from "../../../src/models/loaded.ts";
import type { PlantedModel } from "../../../src/bench/population/plantedModel.ts";

/** A planted model of the benchmark as one that was opened. */
export function loadedPlanted(
  { config, weights }: Pick<PlantedModel, "config" | "weights">,
  seed: number,
): LoadedModel {
  return {
    ...modelFrom(config, { weights, unsupported: new Map() }),
    id: `population:${seed}`,
    revision: null,
    sha256: "0".repeat(64),
    tokenizer: () => Promise.resolve(null),
    unchanged: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
