import type { LabEvent, MemoryNeed } from "./protocol.ts";

/** What every answer may use while it is worked out. */
export interface AnswerOptions {
  readonly signal: AbortSignal;
  readonly progress: (step: string, done: number, total: number) => void;
  /** Says what the model will take, before it is made. */
  readonly tellMemory: (need: MemoryNeed) => void;
  readonly tell: (event: LabEvent) => void;
}
