import { InputError } from "../base/errors.ts";
import { writeStudy } from "../draw/studyFiles.ts";
import { checkOutput } from "../draw/write.ts";
import type { StudyView } from "../draw/studyView.ts";
import type { OutputFlags } from "./flags/partFlags.ts";
import type { Destination, Request } from "./request.ts";

/**
 * The files of --out, or else the study's own picture. A file that cannot be written does not keep the others from being
 * written; that nobody asked for a picture, so that its failing is not an error but is said.
 */
export function resultFiles<Result>(
  request: Pick<Request<Result>, "study" | "picture">,
  { out, json, title, figure }: OutputFlags,
): Destination<Result> {
  const files = out ?? [];
  const unasked = out === undefined && !json ? request.picture : undefined;
  return {
    async check() {
      files.forEach(checkOutput);
      if (figure !== undefined) await checkFigure(figure, files);
    },
    async write(result, done) {
      const { study } = await request.study(result);
      const write = async (file: string) => {
        const view = await study.view(result);
        const figureOrView = figure === undefined ? view : await figureOf(view, figure, study.name);
        await writeStudy(figureOrView, result, file, { title });
        done(`wrote ${file}`);
      };
      if (unasked !== undefined)
        await write(unasked).catch((error: unknown) => done(`warning: ${faultOf(error).message}`));
      const faults: unknown[] = [];
      for (const file of files) await write(file).catch((error: unknown) => faults.push(error));
      if (faults.length === 0) return;
      const messages = faults.map((fault) => faultOf(fault).message); // what is not a fault of a place is thrown as it is
      throw new InputError("output", messages.join("\n"), { cause: faults[0] });
    },
  };
}

/** Before any work is done. */
async function checkFigure(figure: string, files: readonly string[]): Promise<void> {
  const { figureChoice } = await import("../studies/figures.ts");
  figureChoice(figure);
  if (files.length === 0)
    throw new InputError("options", "--figure needs --out FILE, where the figure goes", {
      option: "figure",
    });
}

async function figureOf(view: StudyView, figure: string, kind: string): Promise<StudyView> {
  const { figureChoice, figureView } = await import("../studies/figures.ts");
  return figureView(view, figureChoice(figure), kind);
}

/** @throws what is not a fault of the place */
function faultOf(error: unknown): InputError {
  if (error instanceof InputError) return error;
  throw error;
}
