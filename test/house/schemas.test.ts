import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { ablateResult } from "../../src/studies/ablate/result.ts";
import { attributionResult } from "../../src/studies/attribution/result.ts";
import { analyseResult } from "../../src/studies/analyse/result.ts";
import { attentionResult } from "../../src/studies/attention/result.ts";
import { auditResult } from "../../src/studies/audit/result.ts";
import { circuitResult } from "../../src/studies/circuit/result.ts";
import { detectorResult } from "../../src/studies/detector/result.ts";
import { lensResult } from "../../src/studies/lens/result.ts";
import { fingerprintResult, patchResult } from "../../src/studies/patch/result.ts";
import { pathResult } from "../../src/studies/path/result.ts";
import { patternsResult } from "../../src/studies/patterns/result.ts";
import { phaseResult } from "../../src/studies/phase/result.ts";
import { phaseSeedsResult } from "../../src/studies/phase/resultSeeds.ts";
import { scoreResult } from "../../src/studies/score/result.ts";
import { textResult } from "../../src/studies/text/result.ts";
import { whyResult } from "../../src/studies/why/result.ts";
import { verdictResult } from "../../src/studies/verdict/result.ts";

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
