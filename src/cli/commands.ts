/** @file All commands, in the order in which help lists them. */
import { ablate } from "./commands/ablate.ts";
import { analyse } from "./commands/analyse.ts";
import { attention } from "./commands/attention.ts";
import { audit } from "./commands/audit.ts";
import { cache } from "./commands/cache.ts";
import { circuit } from "./commands/circuit.ts";
import { exportModel } from "./commands/export.ts";
import { explore } from "./commands/explore.ts";
import { lens } from "./commands/lens.ts";
import { patch } from "./commands/patch.ts";
import { phase } from "./commands/phase.ts";
import { report } from "./commands/report.ts";
import { run } from "./commands/run.ts";
import { score } from "./commands/score.ts";
import { scorePatterns } from "./commands/scorePatterns.ts";
import { train } from "./commands/train.ts";
import { text } from "./commands/text.ts";
import { tokens } from "./commands/tokens.ts";
import { why } from "./commands/why.ts";
import { zoo } from "./commands/zoo.ts";
import { verdict } from "./commands/verdict.ts";
import type { CommandSpec } from "./commands/command.ts";

export const COMMANDS: readonly CommandSpec[] = [
  score,
  verdict,
  run,
  patch,
  ablate,
  lens,
  circuit,
  attention,
  why,
  analyse,
  phase,
  text,
  audit,
  scorePatterns,
  report,
  explore,
  train,
  exportModel,
  tokens,
  zoo,
  cache,
];
