/** @file What the server and the process that computes say to each other. */
import type { Invocation } from "../messages.ts";

/** What a client asks for. */
export interface ToolCall extends Invocation {
  /** The words of the command line that asks for the same, without the program. */
  readonly command: readonly string[];
}

export type ToEngine = { readonly call: ToolCall } | { readonly stop: true };

export type FromEngine =
  | { readonly progress: readonly [step: string, done: number, total: number] }
  | { readonly done: Answer }
  | { readonly failed: string };

/** What a call comes to. */
export interface Answer {
  readonly result: Readonly<Record<string, unknown>>;
  /** The Result as the command prints it, with its notes. */
  readonly text: string;
}
