import { circuitView } from "./view.ts";
import { circuit } from "./circuit.ts";
import { given } from "../../cli/rowOptions.ts";
import { runStudy, type StudyCommandOptions } from "../../cli/study.ts";

export interface CircuitCommandOptions extends StudyCommandOptions {
  readonly topPairs?: number | undefined;
  readonly heads?: readonly string[] | undefined;
  readonly circuitTokens?: number | undefined;
  readonly topK?: number | undefined;
}

export async function circuitCommand(name: string, options: CircuitCommandOptions): Promise<void> {
  const { topPairs, heads, circuitTokens, topK } = options;
  const wanted = given({ topPairs, heads, circuitTokens, topK });
  await runStudy(
    name,
    options,
    (model, backend, running) => circuit(model, { backend, ...wanted, ...running }),
    circuitView,
  );
}
