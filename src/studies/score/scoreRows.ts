import type { Backend } from "../../base/backend.ts";
import type { RepeatedRows } from "../../inputs/scoreInput.ts";
import { ATTENTION_SCORES } from "../../measure/attentionTables.ts";
import type { Model } from "../../models/family.ts";
import { scoredRowsPerRun } from "../../runtime/chunks.ts";
import { prepare } from "../../runtime/prepare.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import type { MeasuredScores } from "./buildResult.ts";
import { measureRows } from "./score.ts";
import { scoreProgram, SCORE_VALUES } from "./scoreProgram.ts";

/** The attention scores of every head, and the losses where the model has logits, row by row. */
export async function scoreRows(
  { program, architecture }: Pick<Model, "program" | "architecture">,
  backend: Backend,
  rows: RepeatedRows,
  options: Pick<StudyOptions, "signal" | "progress">,
): Promise<MeasuredScores> {
  const { length, examples } = rows.info;
  const withLoss = program.absent?.["logits"] === undefined;
  const measures = ATTENTION_SCORES.length;
  const scored = scoreProgram(program, architecture, { measures, withLoss });
  const perRun = scoredRowsPerRun(scored, backend, length);
  const sizes = { batch: perRun, position: length, [SCORE_VALUES.lossRows]: perRun };
  const session = await prepare(scored, backend, sizes, { isAlone: true });
  try {
    const lossExamples = withLoss ? examples : 0;
    return await measureRows(session, rows, { architecture, lossExamples, ...options });
  } finally {
    await session.close();
  }
}
