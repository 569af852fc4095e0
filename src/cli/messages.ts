/** @file What the process that listens and the process that works say to each other. */

/** A command that was asked for, once its arguments are read: plain data; the first message to the work. */
export interface Invocation {
  readonly name: string;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly args: readonly unknown[];
}

/** What the supervisor says to the work once it has told what to do. */
export type FromSupervisor = "stop";

/**
 * What the work says to the supervisor: a file that exists until the work is done, to remove if it cannot; or what is kept
 * should the work have to be ended, to say then.
 */
export type FromWork = { readonly temporary: string } | { readonly resumeHint: string };
