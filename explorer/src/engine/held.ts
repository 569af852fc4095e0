/** @file What the engine's thread holds while it lives. */
import {
  openWorkbench,
  type AblationRows,
  type Backend,
  type RunnableModel,
  type Reference,
  type Tokenizer,
  type Workbench,
} from "induction-lens/browser";
import type { Cut, ModelFacts } from "./protocol.ts";

/** A model that is open, with the engine that runs it. */
export interface OpenModel {
  readonly model: RunnableModel;
  readonly backend: Backend;
  readonly tokenizer: Tokenizer | null;
  readonly facts: ModelFacts;
  /** Rows that an edit is measured on. */
  readonly rows: number;
}

/** What changes of heads cost on rows that repeat: all of a cut that does not depend on the reader's sequence. */
export type Cost = Omit<Cut, "at" | "guesses" | "truth">;

/** Sequences that are scored: as many as the command line takes, or as many as a reader waits for. */
const EXAMPLES = 100;
/** Parameters times tokens. SmolLM2, 135 million, is opened and scored in twenty seconds of two cores. */
const PATIENT_OPERATIONS = 3e11;

export function examplesFor({ parameters }: Pick<ModelFacts, "parameters">): number {
  const affordable = Math.floor(PATIENT_OPERATIONS / (parameters * ROW_LENGTH));
  return Math.min(EXAMPLES, Math.max(10, affordable));
}

/** Tokens in a row that an edit is measured on. */
export const ROW_LENGTH = 65;

/** One model, and what was prepared for it: made when it is first asked for, kept until the thread ends. */
export class Held {
  #open: OpenModel | null = null;
  #bench: Promise<Workbench> | null = null;
  /** Rows by how many there are; the fewer are the first of the more. */
  readonly ablationRows = new Map<number, AblationRows>();
  /** What the last changes cost, by the changes and the number of rows. */
  readonly costs = new Map<string, Cost>();
  /** What heads put out on reference rows, by the length of a row. */
  readonly references = new Map<number, Reference>();

  /** The open model. */
  get open(): OpenModel {
    if (!this.#open) throw new Error("internal: no model is open");
    return this.#open;
  }

  /** A thread holds one model; another model takes another thread. */
  hold(open: OpenModel): void {
    this.#open = open;
  }

  /** The model's workbench, prepared once; one that could not be prepared is tried again. */
  workbench(): Promise<Workbench> {
    const { model, backend, rows } = this.open;
    this.#bench ??= openWorkbench(model, { backend, rows, length: ROW_LENGTH }).catch(
      (error: unknown) => {
        this.#bench = null;
        throw error;
      },
    );
    return this.#bench;
  }
}
