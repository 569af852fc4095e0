/** @file All scenes, in the order of the Result: the one place that knows them all. */
import type { Scene } from "./scene.ts";
import { AMBIGUOUS } from "./sceneAmbiguous.ts";
import { BRACKETS } from "./sceneBrackets.ts";
import { CONTEXT } from "./sceneContext.ts";
import { DELIMITERS } from "./sceneDelimiters.ts";
import { ENTITY } from "./sceneEntities.ts";
import { FORMS } from "./sceneForms.ts";
import { RECURRING } from "./sceneRecurring.ts";

export const SCENES: readonly Scene[] = [
  ...[RECURRING, CONTEXT, AMBIGUOUS],
  ...[ENTITY, FORMS, BRACKETS, DELIMITERS],
];
