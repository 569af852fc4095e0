/** @file All commands, in the order in which help lists them. */
import { ablate } from "../studies/ablate/command.ts";
import { analyse } from "../studies/analyse/command.ts";
import { attention } from "../studies/attention/command.ts";
import { audit } from "../studies/audit/command.ts";
import { cache } from "./commands/cache.ts";
import { circuit } from "../studies/circuit/command.ts";
import { exportModel } from "./commands/export.ts";
import { explore } from "./commands/explore.ts";
import { lens } from "../studies/lens/command.ts";
import { patch } from "../studies/patch/command.ts";
import { phase } from "../studies/phase/command.ts";
import { report } from "./commands/report.ts";
import { run } from "../studies/run/command.ts";
import { score } from "../studies/score/command.ts";
import { scorePatterns } from "../studies/patterns/command.ts";
import { train } from "./commands/train.ts";
import { text } from "../studies/text/command.ts";
import { tokens } from "./commands/tokens.ts";
import { why } from "../studies/why/command.ts";
import { zoo } from "./commands/zoo.ts";
import { verdict } from "../studies/verdict/command.ts";
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
