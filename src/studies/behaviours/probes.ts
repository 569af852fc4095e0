/** @file All probes, in the order of the Result: the one place that knows them all. */
import type { Probe } from "./probe.ts";
import { FUNCTION_VECTOR } from "./probeFunctionVector.ts";
import { SUPPRESSION } from "./probeSuppression.ts";
import { RETRIEVAL } from "./probeRetrieval.ts";
import { SUCCESSOR } from "./probeSuccessor.ts";

export const PROBES: readonly Probe[] = [RETRIEVAL, SUPPRESSION, SUCCESSOR, FUNCTION_VECTOR];
