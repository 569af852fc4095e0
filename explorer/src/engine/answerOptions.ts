import type { Backend, ScoreResult, VerdictResult } from "induction-lens/browser";
import type { LabEvent, MemoryNeed, ShapeFacts } from "./protocol.ts";

/** What every answer may use while it is worked out. */
export interface AnswerOptions {
  readonly signal: AbortSignal;
  readonly progress: (step: string, done: number, total: number) => void;
  /** Says what the model will take, before it is made. */
  readonly tellMemory: (need: MemoryNeed) => void;
  /** Says what the model is, before its weights are read. */
  readonly tellShape: (shape: ShapeFacts) => void;
  readonly tell: (event: LabEvent) => void;
  /** Hands on the answer as far as it is known. */
  readonly tellSoFar: (answer: ScoreResult | VerdictResult) => void;
  /** Of a long question: lets short ones pass; of a short one: lets a stop come in. */
  readonly letPass: () => Promise<void>;
  /** The engine that lets short questions pass before each run. */
  readonly givingWay: (backend: Backend) => Backend;
}
