/** @file The planted models by name: `planted:NAME`. */
import { closest } from "fastest-levenshtein";
import { sha256Hex } from "../../base/hash.ts";
import { InputError } from "../../base/errors.ts";
import type { LoadedModel } from "../loadedModel.ts";
import { plantedCheckpoint, type PlantedHead } from "./circuit.ts";
import { plantedT5 } from "./crossing.ts";
import { plantedBloom } from "./linearBiases.ts";
import { plantedMamba, plantedMamba2 } from "./scan.ts";

const SIZES = { vocabulary: 256, contextLength: 160, width: 64, heads: 4, layers: 2, seed: 1 };

/** A previous-token head writes into the block that the induction head's keys read: the circuit of Elhage et al. 2021. */
const INDUCTION: readonly PlantedHead[] = [
  { layer: 0, head: 1, query: "token", key: "token", sharpness: 18, avoidSelf: 18, rest: 8 }, // duplicate-token
  { layer: 0, head: 2, query: "previous", key: "previous", sharpness: 0, rest: 12 }, // rests on the first token
  {
    layer: 0,
    head: 3,
    query: "position",
    key: "position",
    sharpness: 30,
    shift: 1,
    copies: { from: "token", to: "previous", strength: 1 },
  }, // previous-token
  {
    layer: 1,
    head: 2,
    query: "token",
    key: "previous",
    sharpness: 18,
    rest: 8,
    copies: { from: "token", to: "prediction", strength: 20 },
  }, // induction
];

/** Planted models and what each is for. */
export const PLANTED = {
  induction: {
    heads: INDUCTION,
    checkpoint: () => plantedCheckpoint(SIZES, INDUCTION),
    about:
      "previous-token head 0.3, induction head 1.2, duplicate-token head 0.1, resting head 0.2; the others are noise",
  },
  bloom: {
    checkpoint: () => plantedBloom({ tokens: 64 }),
    about:
      "a BLOOM, whose heads know places by linear biases alone: head 0.0 sees the tokens before, induction head 1.7 reads them; the others write nothing",
  },
  mamba: {
    checkpoint: () => plantedMamba({ tokens: 64, shifts: true }),
    about:
      "a Mamba of one layer: channels 0 to 63 copy what came after the last copy of the token, which the convolution lets them find; channels 64 to 127 do nothing",
  },
  mamba2: {
    checkpoint: () => plantedMamba2({ tokens: 48, shifts: true }),
    about:
      "a Mamba-2 of one layer: head 0.0 copies what came after the last copy of the token, heads 0.1 to 0.3 do nothing",
  },
  t5: {
    checkpoint: () => plantedT5({ tokens: 96 }),
    about:
      "a T5 whose cross head 0.0 writes what the encoder reads: encoder head 0.0 shifts by one, encoder head 1.1 does induction in both directions; the others attend to all alike",
  },
} as const;

/**
 * The planted model `name`.
 *
 * @throws {InputError} "unknown-model" if there is none of that name
 */
export async function openPlanted(name: string): Promise<LoadedModel> {
  const names = Object.keys(PLANTED);
  if (!Object.hasOwn(PLANTED, name)) {
    throw new InputError(
      "unknown-model",
      `there is no planted:${name}, did you mean planted:${closest(name, names)} (there are: ${names.join(", ")})`,
    );
  }
  // Families are many, and a page has one model: they are fetched when a model is opened.
  const { checkpointInMemory } = await import("../checkpointInMemory.ts");
  const checkpoint = PLANTED[name as keyof typeof PLANTED].checkpoint();
  const { source } = checkpoint.weights.values().next().value!;
  const sha256 = await sha256Hex(await source.read(0, source.sizeBytes));
  return checkpointInMemory(checkpoint, { id: `planted:${name}`, sha256 });
}
