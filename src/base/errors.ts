/**
 * The one error for bad input: a file, an option, a configuration or an array that cannot be used.
 *
 * The message says who needs what, then what it got; lower case, no full stop. The command line prints it and exits
 * with 2. Anything else that is thrown is a fault of ours (`Error("internal: ...")`).
 */
export class InputError extends Error {
  override readonly name = "InputError";
  /** Machine-readable kind, such as "shape", "range", "file", "tokens" or "unknown-key". */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The work was right but could not be finished here, such as for want of memory. The command line exits with 3. */
export class UnableError extends Error {
  override readonly name = "UnableError";
}

/** The user asked to stop. The command line exits with 130. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}
