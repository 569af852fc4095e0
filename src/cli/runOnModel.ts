import type { Backend } from "../base/backend.ts";
import type { ResumeLog } from "../base/resumeLog.ts";
import type { StudyOptions } from "../studies/common/studyOptions.ts";
import type { LazyStudy } from "../studies/study.ts";
import { studyFor } from "../studies/studyFor.ts";
import { engineFor } from "../runtime/engineFor.ts";
import { withoutUndefined } from "../base/withoutUndefined.ts";
import { withModel, type Frame } from "./frame.ts";
import { resumeFile } from "./resumeFile.ts";
import type { ModelRun } from "./request.ts";

/** What the frame adds to a study's own options. */
interface Lent extends StudyOptions {
  readonly log?: ResumeLog | undefined;
}

/**
 * Runs a study of the model called `name`, or the one that stands in for it where the model is not a decoder; one that
 * resumes continues where the same command was stopped.
 *
 * @param options the study's own, without what the frame lends
 */
export async function runOnModel<Result, Run extends ModelRun<Result>>(
  frame: Frame,
  load: LazyStudy<Result, Run>,
  name: string,
  options: object,
): Promise<Result> {
  const { study: askedStudy } = await load();
  const first = await frame.openEngine();
  const { signal, progress, note, flags, command } = frame;
  return withModel(frame, name, async (model) => {
    const { study, options: own } = await studyFor(askedStudy, model, withoutUndefined(options));
    const keeps = study.resumes && flags.model.cache !== false;
    const engine = await engineFor(model, { ...own, backend: first });
    if (!first.others && engine.device !== first.device) note(engine.choice!); // it has no room for the model
    const facts = { study: study.name, model, backend: engine, options: own };
    const heading = { model: name, command, folder: process.cwd() };
    const log = keeps ? resumeFile(facts, { note, heading }) : undefined;
    const { backend, log: logOfDevice } = untilItIsLost(engine, log, note);
    const lent: Lent = { backend, signal, progress, ...(logOfDevice && { log: logOfDevice }) };
    const run = (await study.run()) as ModelRun<Result>;
    const result = await run(model, { ...own, ...lent } as never); // onModel checked them against the study
    log?.remove();
    return result;
  });
}

/** Says so when the device is lost or full; the engine that takes its place does not count the steps that it finished. */
function untilItIsLost(engine: Backend, log: ResumeLog | undefined, note: Frame["note"]) {
  let isLost = false;
  const { instead } = engine;
  const backend: Backend = {
    ...engine,
    ...(instead && {
      instead: async (why: string) => {
        isLost = true;
        const other = await instead(why);
        note(`${engine.device} could not finish (${why}); ${other.device} computes all of it`);
        return other;
      },
    }),
  };
  const own: ResumeLog | undefined = log && {
    get: (key) => (isLost ? undefined : log.get(key)),
    set: (key, value) => (isLost ? undefined : log.set(key, value)),
  };
  return { backend, log: own };
}
