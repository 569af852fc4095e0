/** Kinds of bad input, for programs that want to tell them apart. */
export const INPUT_ERROR_CODES = [
  ...["attention", "bos", "cache", "checkpoints", "config", "export", "feed", "file", "gradient"],
  ...["heads", "hub-answer", "hub-busy", "hub-name", "hub-not-found", "hub-offline", "hub-refused"],
  ...["hub-settings", "length", "metric", "name", "options", "output", "pair", "pairs"],
  ...[
    "path",
    "pickle",
    "range",
    "recipe",
    "reference",
    "repeats",
    "result",
    "rules",
    "shape",
    "size",
  ],
  ...["state", "study", "text", "tokenizer", "tokens", "truncated", "type", "unit", "unknown-head"],
  ...["unknown-layer", "unknown-model", "unknown-pattern", "unknown-value", "unread", "weights"],
] as const;
export type InputErrorCode = (typeof INPUT_ERROR_CODES)[number];

export interface InputErrorOptions extends ErrorOptions {
  /** The option at fault, by its name in the library: `seqLen`. */
  readonly option?: string | undefined;
}

/**
 * The one error for bad input: a file, an option, a configuration or an array that cannot be used.
 *
 * The message says who needs what, then what it got; lower case, no full stop. It names options as the library does, between
 * backticks (`seqLen`); the command line writes them as its flags (`--seq-len`), prints the message and exits with 2.
 * Anything else that is thrown is a fault of ours (`Error("internal: ...")`).
 */
export class InputError extends Error {
  override readonly name = "InputError";
  /** Machine-readable kind, such as "shape", "range", "file", "tokens" or "unknown-head". */
  readonly code: InputErrorCode;
  /** The option at fault, by its name in the library; undefined where no single option is. */
  readonly option: string | undefined;

  constructor(code: InputErrorCode, message: string, options: InputErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.option = options.option;
  }
}

/** The work was right but could not be finished here, such as for want of memory. The command line exits with 3. */
export class UnableError extends Error {
  override readonly name = "UnableError";
}

/** The engine's device was lost, or has no memory left: what it computed may be computed by another one. */
export class DeviceError extends UnableError {
  /** What happened, without what may be done about it. */
  readonly why: string;

  constructor(why: string, message: string = why, options: ErrorOptions = {}) {
    super(message, options);
    this.why = why;
  }
}

/**
 * The caller's signal was aborted. Its name is "AbortError", as that of errors of `fetch`; `cause` is the signal's reason.
 * The command line exits with 130.
 */
export class AbortError extends Error {
  override readonly name = "AbortError";

  constructor(reason: unknown) {
    super(reasonInWords(reason), { cause: reason });
  }
}

/** @throws {AbortError} with the reason of `signal`, once it is aborted */
export function throwIfAborted(signal: AbortSignal | undefined | null): void {
  if (signal?.aborted) throw new AbortError(signal.reason);
}

function reasonInWords(reason: unknown): string {
  if (typeof reason === "string") return reason;
  return reason instanceof Error ? reason.message : "stopped";
}
