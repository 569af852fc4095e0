import { attentionView } from "../report/causal/attentionView.ts";
import type { AttentionValue } from "../results/causalNames.ts";
import { attention } from "../studies/causal/attention.ts";
import { given } from "./rowOptions.ts";
import { sequenceInput, type SequenceOptions } from "./sequenceOptions.ts";
import { runStudy, type StudyCommandOptions } from "./study.ts";

export interface AttentionCommandOptions extends StudyCommandOptions, SequenceOptions {
  readonly heads?: readonly string[];
  readonly values?: AttentionValue;
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
      attention(model, backend, { ...input, ...given({ heads, values }), ...running }),
    attentionView,
  );
}
