/// <reference lib="esnext.disposable" preserve="true" />
/** What holds memory, threads or files until it is closed; `await using` closes it at the end of its block. */
export interface Closable {
  /** Gives everything back. Do not use it afterwards. */
  close(): Promise<void>;
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Both ways of closing. */
export function closable(close: () => Promise<void>): Closable {
  return { close, [Symbol.asyncDispose]: close };
}
