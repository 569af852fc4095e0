import { InputError } from "../../base/errors.ts";
import { whyView } from "./view.ts";
import { why } from "./why.ts";
import { given } from "../../cli/rowOptions.ts";
import { sequenceInput, type SequenceOptions } from "../../cli/sequenceOptions.ts";
import { runStudy, type StudyCommandOptions } from "../../cli/study.ts";

export interface WhyCommandOptions extends StudyCommandOptions, SequenceOptions {
  readonly head: string;
  readonly query?: number | undefined;
  readonly key?: number | undefined;
  readonly target?: number | undefined;
  readonly topK?: number | undefined;
}

export async function whyCommand(name: string, options: WhyCommandOptions): Promise<void> {
  const { head, query, key, target, topK } = options;
  const { texts, tokens, ...rows } = await sequenceInput(options);
  if ((texts ?? tokens ?? [0]).length > 1)
    throw new InputError("options", `why reads one sequence, got ${(texts ?? tokens)!.length}`);
  const sequence = given({ text: texts?.[0], tokens: tokens?.[0] });
  const cell = given({ query, key, target, topK });
  await runStudy(
    name,
    options,
    (model, backend, running) =>
      why(model, { backend, head, ...sequence, ...rows, ...cell, ...running }),
    whyView,
  );
}
