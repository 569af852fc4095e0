/**
 * @file All studies, one line each, in the order of help and pages: the one place that knows them all. The command line, the
 * page of several Results, the schemas in docs and their tests go by it.
 *
 * Pages reach this file, and a bundler follows its imports. So it leads to a study's `study.ts` (schema, view, run) and never
 * to its `command.ts`, which needs Node and commander: the command line finds that one by its name in the study's folder
 * (`src/cli/commands.ts`), with an import that no bundler of a page sees. A test walks all that the browser entry reaches.
 */
import type { LazyStudy } from "./study.ts";

export const STUDIES = {
  score: () => import("./score/study.ts"),
  "score-stacks": () => import("./stacks/study.ts"),
  verdict: () => import("./verdict/study.ts"),
  patch: () => import("./patch/study.ts"),
  fingerprint: () => import("./patch/studyFingerprint.ts"),
  path: () => import("./path/study.ts"),
  attribution: () => import("./attribution/study.ts"),
  ablate: () => import("./ablate/study.ts"),
  "ablate-stacks": () => import("./stacks/studyAblate.ts"),
  shapley: () => import("./shapley/study.ts"),
  lens: () => import("./lens/study.ts"),
  circuit: () => import("./circuit/study.ts"),
  certify: () => import("./certify/study.ts"),
  attention: () => import("./attention/study.ts"),
  image: () => import("./image/study.ts"),
  why: () => import("./why/study.ts"),
  analyse: () => import("./analyse/study.ts"),
  phase: () => import("./phase/study.ts"),
  "phase-seeds": () => import("./phase/studySeeds.ts"),
  text: () => import("./text/study.ts"),
  behaviours: () => import("./behaviours/study.ts"),
  "few-shot": () => import("./fewShot/study.ts"),
  compare: () => import("./compare/study.ts"),
  check: () => import("./check/study.ts"),
  card: () => import("./card/study.ts"),
  "card-diff": () => import("./card/studyDiff.ts"),
  audit: () => import("./audit/study.ts"),
  "score-patterns": () => import("./patterns/study.ts"),
  detector: () => import("./detector/study.ts"),
} as const satisfies Studies;

/** Studies by the name in the schema of their Results. */
export type Studies = Readonly<Record<string, LazyStudy>>;
