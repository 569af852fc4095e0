import type { ResumeLog } from "../base/resumeLog.ts";
import type { StudyOptions } from "../studies/common/studyOptions.ts";
import type { LazyStudy } from "../studies/study.ts";
import { withoutUndefined } from "../base/withoutUndefined.ts";
import { withModel, type Frame } from "./frame.ts";
import { resumeFile } from "./resumeFile.ts";
import type { ModelRun } from "./request.ts";

/** What the frame adds to a study's own options. */
interface Lent extends StudyOptions {
  readonly log?: ResumeLog | undefined;
}

/**
 * Runs a study of the model called `name`; one that resumes continues where the same command was stopped.
 *
 * @param options the study's own, without what the frame lends
 * @param instead what runs in place of the study's function, where that depends on the model
 */
export async function runOnModel<Result, Run extends ModelRun<Result>, Other = Result>(
  frame: Frame,
  load: LazyStudy<Result, Run>,
  name: string,
  options: object,
  instead?: ModelRun<Result | Other>,
): Promise<Result | Other> {
  const { study } = await load();
  const run = instead ?? (await study.run());
  const backend = await frame.openEngine();
  const { signal, progress, note, flags, command } = frame;
  return withModel(frame, name, async (model) => {
    const asked = withoutUndefined(options);
    const keeps = study.resumes && flags.model.cache !== false;
    const facts = { study: study.name, model, backend, options: asked };
    const heading = { model: name, command, folder: process.cwd() };
    const log = keeps ? resumeFile(facts, { note, heading }) : undefined;
    const lent: Lent = { backend, signal, progress, ...(log && { log }) };
    const result = await run(model, { ...asked, ...lent } as never); // onModel checked them against the study
    log?.remove();
    return result;
  });
}
