import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { ablateResult } from "../../src/results/ablate.ts";
import { attributionResult } from "../../src/results/attribution.ts";
import { analyseResult } from "../../src/results/analyse.ts";
import { attentionResult } from "../../src/results/attention.ts";
import { auditResult } from "../../src/results/audit.ts";
import { circuitResult } from "../../src/results/circuit.ts";
import { detectorResult } from "../../src/results/detector.ts";
import { lensResult } from "../../src/results/lens.ts";
import { fingerprintResult, patchResult } from "../../src/results/patch.ts";
import { pathResult } from "../../src/results/path.ts";
import { patternsResult } from "../../src/results/patterns.ts";
import { phaseResult } from "../../src/results/phase.ts";
import { phaseSeedsResult } from "../../src/results/phaseSeeds.ts";
import { scoreResult } from "../../src/results/score.ts";
import { textResult } from "../../src/results/text.ts";
import { whyResult } from "../../src/results/why.ts";
import { verdictResult } from "../../src/results/verdict.ts";

test.each([
  ["ablate", ablateResult],
  ["attribution", attributionResult],
  ["analyse", analyseResult],
  ["attention", attentionResult],
  ["audit", auditResult],
  ["circuit", circuitResult],
  ["detector", detectorResult],
  ["fingerprint", fingerprintResult],
  ["lens", lensResult],
  ["patch", patchResult],
  ["path", pathResult],
  ["phase", phaseResult],
  ["phase-seeds", phaseSeedsResult],
  ["score", scoreResult],
  ["score-patterns", patternsResult],
  ["text", textResult],
  ["why", whyResult],
  ["verdict", verdictResult],
] as const)(
  "docs/schema/%s.json is the schema of the Result (npx vitest run test/house/schemas -u writes it)",
  async (name, schema) => {
    await expect(`${JSON.stringify(z.toJSONSchema(schema), null, 2)}\n`).toMatchFileSnapshot(
      join(import.meta.dirname, `../../docs/schema/${name}.json`),
    );
  },
);
