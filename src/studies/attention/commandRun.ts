import { attentionView } from "./view.ts";
import type { AttentionValue } from "../../results/causalNames.ts";
import { attention } from "./attention.ts";
import { given } from "../../cli/rowOptions.ts";
import { sequenceInput, type SequenceOptions } from "../../cli/sequenceOptions.ts";
import { runStudy, type StudyCommandOptions } from "../../cli/study.ts";

export interface AttentionCommandOptions extends StudyCommandOptions, SequenceOptions {
  readonly heads?: readonly string[] | undefined;
  readonly values?: AttentionValue | undefined;
}

export async function attentionCommand(
  name: string,
  options: AttentionCommandOptions,
): Promise<void> {
  const { heads, values } = options;
  const input = await sequenceInput(options);
  await runStudy(
    name,
    options,
    (model, backend, running) =>
      attention(model, { backend, ...input, ...given({ heads, values }), ...running }),
    attentionView,
  );
}
