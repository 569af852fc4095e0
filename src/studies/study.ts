/** @file What a study is to everything that has to do with all studies: command line, pages, schemas. */
import type { z } from "zod";
import type { StudyView } from "../draw/studyView.ts";

/** A study, without its command: pages have none. What runs it and what shows it are loaded when they are due. */
export interface Study<Result = unknown, Run = unknown> {
  /** As in the `schema` of its Result: `induction-lens/NAME@1`. */
  readonly name: string;
  readonly result: z.ZodType<Result>;
  /** What the study shows of a Result. */
  view(result: Result): Promise<StudyView>;
  /** The function of the library. */
  run(): Promise<Run>;
  /** It takes a `log`, so that it can go on after an interruption. Left out: false. */
  readonly resumes?: boolean | undefined;
  /** Where another study stands in for this one on models of stacks (`ON_STACKS`): these options as that one's. */
  optionsOnStacks?(options: object): Promise<object>;
}

/** What a file `study.ts` exports. */
export interface StudyModule<Result = unknown, Run = unknown> {
  readonly study: Study<Result, Run>;
}

/** How the registry has a study. */
export type LazyStudy<Result = unknown, Run = unknown> = () => Promise<StudyModule<Result, Run>>;

/** The same study, with the types of its Result and of what runs it. */
export function defineStudy<Result, Run>(study: Study<Result, Run>): Study<Result, Run> {
  return study;
}
