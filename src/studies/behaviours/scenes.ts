/** @file All scenes, in the order of the Result: the one place that knows them all. */
import type { Scene } from "./scene.ts";
import { AMBIGUOUS } from "./sceneAmbiguous.ts";
import { CONTEXT } from "./sceneContext.ts";
import { RECURRING } from "./sceneRecurring.ts";

export const SCENES: readonly Scene[] = [RECURRING, CONTEXT, AMBIGUOUS];
