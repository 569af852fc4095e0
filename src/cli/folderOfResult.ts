import { InputError } from "../base/errors.ts";
import type { StudyView } from "../draw/studyView.ts";
import type { Destination } from "./request.ts";

type Files = ReadonlyMap<string, string | Uint8Array>;

/** How a study writes a folder. */
export interface FolderWriter<Result> {
  readonly study: string;
  readonly folder: string;
  /** What --figure asks for. */
  readonly figure: string | undefined;
  /** @throws {InputError} "output" for a folder that cannot be written */
  check(): void | Promise<void>;
  /** @returns names of the files */
  write(result: Result, more: Files): Promise<readonly string[]>;
  /** Of the Result, where a figure is looked for in this order. */
  views(result: Result): Promise<readonly StudyView[]>;
}

/** A Result as a folder, with a figure if one is asked for; without it if the Result does not have it, which is said. */
export function folderOfResult<Result>(writer: FolderWriter<Result>): Destination<Result> {
  const { folder, figure } = writer;
  return {
    async check() {
      if (figure !== undefined) (await import("../studies/figures.ts")).figureChoice(figure);
      await writer.check();
    },
    async write(result, done) {
      const more = await filesOrFault(writer, result);
      const isFault = more instanceof InputError;
      const files = await writer.write(result, isFault ? new Map() : more);
      done(`wrote ${folder}: ${files.join(", ")}`);
      if (isFault) throw more;
    },
  };
}

async function filesOrFault<Result>(
  { figure, study, views }: FolderWriter<Result>,
  result: Result,
): Promise<Files | InputError> {
  if (figure === undefined) return new Map();
  const { figureChoice } = await import("../studies/figures.ts");
  const { figureFiles } = await import("../studies/figureFiles.ts");
  try {
    return await figureFiles(await views(result), figureChoice(figure), study);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}
