/** @file A made-up training run: the planted circuit, its heads sharpened one after the other, at steps that are known. */
import { plantedCheckpoint, type PlantedHead } from "../../../src/models/planted/circuit.ts";
import { checkpointInMemory } from "../../../src/models/checkpointInMemory.ts";
import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import type { RunCheckpoint } from "../../../src/studies/phase/phaseRun.ts";

export const SIZES = {
  vocabulary: 100,
  contextLength: 64,
  width: 32,
  heads: 2,
  layers: 2,
  seed: 1,
};
export const STEPS = Array.from({ length: 18 }, (_, index) => Math.round(10 * 1.36 ** index));
export const PREVIOUS_FORMS = 100;
export const INDUCTION_FORMS = 500;

/** From 0 to 1 within a factor of two around `middle`. */
const formed = (step: number, middle: number) =>
  1 / (1 + Math.exp((-2 * Math.log(9) * Math.log10(step / middle)) / 0.3));

/** Attends to the previous token more than the head that is read, from the start, and writes where no key reads. */
const DECOY: PlantedHead = {
  layer: 0,
  head: 0,
  query: "position",
  key: "position",
  sharpness: 30,
  shift: 1,
  copies: { from: "token", to: "prediction", strength: 0.1 },
};

/** Heads at a step; without `induction` the circuit never forms. */
export function headsAt(step: number, { induction = true, decoy = false } = {}): PlantedHead[] {
  const [before, after] = [formed(step, PREVIOUS_FORMS), formed(step, INDUCTION_FORMS)];
  return [
    {
      layer: 0,
      head: 1,
      query: "position",
      key: "position",
      sharpness: 14 * before,
      shift: 1,
      copies: { from: "token", to: "previous", strength: before },
    },
    ...(decoy ? [DECOY] : []),
    ...(induction
      ? [
          {
            layer: 1,
            head: 0,
            query: "token",
            key: "previous",
            sharpness: 14 * after,
            copies: { from: "token", to: "prediction", strength: 10 * after },
          } as const,
        ]
      : []),
  ];
}

export function plantedRun(
  options: { readonly induction?: boolean; readonly decoy?: boolean } = {},
): RunCheckpoint[] {
  return STEPS.map((step) => ({ step, open: () => modelAt(step, options) }));
}

export async function modelAt(
  step: number,
  {
    induction = true,
    decoy = false,
    layers = SIZES.layers,
    contextLength = SIZES.contextLength,
  }: {
    readonly induction?: boolean;
    readonly decoy?: boolean;
    readonly layers?: number;
    readonly contextLength?: number;
  } = {},
): Promise<LoadedModel> {
  const sizes = { ...SIZES, layers, contextLength };
  const checkpoint = plantedCheckpoint(sizes, headsAt(step, { induction, decoy }));
  const sha256 = String(step).padStart(64, "0");
  return checkpointInMemory(checkpoint, { id: `step ${step}`, sha256 });
}
