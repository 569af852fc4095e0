/** @file What a command asks of the frame. */
import type { LoadedModel } from "../models/loadedModel.ts";
import type { LazyStudy } from "../studies/study.ts";
import type { OutputFlags } from "./flags/partFlags.ts";
import type { Frame } from "./frame.ts";

/** What a command asks for: a study, and how it is run in a frame. */
export interface Request<Result = unknown> {
  /** The study that the Result is of; a command may ask for one of several. */
  study(result: Result): ReturnType<LazyStudy<Result>>;
  run(frame: Frame): Promise<Result>;
  /** Where the picture goes if nobody says where to put anything; not with --json. */
  readonly picture?: string | undefined;
  /** What is printed after the Result's text; with --json on standard error. */
  after?(result: Result): string;
  /** Exit code of a Result that is not a success; 0 if left out. */
  exitCode?(result: Result): number;
  /** Where the Result goes, if not into the files of --out. */
  destination?(output: OutputFlags): Destination<Result>;
}

/** Where a Result goes beside standard output. */
export interface Destination<Result> {
  /** @throws {InputError} "output" for what could not be written; called before any work is done */
  check(): void | Promise<void>;
  /**
   * Called once the Result is printed.
   *
   * @param done told of each file that was written
   * @throws {InputError} "output" for what could not be written, once the rest is
   */
  write(result: Result, done: (text: string) => void): Promise<void>;
}

/** The function of a study of one model. */
export type ModelRun<Result> = (model: LoadedModel, options: never) => Promise<Result>;
