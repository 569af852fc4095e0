import type { LabEvent } from "./protocol.ts";

/** What every answer may use while it is worked out. */
export interface AnswerOptions {
  readonly signal: AbortSignal;
  readonly progress: (step: string, done: number, total: number) => void;
  readonly tell: (event: LabEvent) => void;
}
