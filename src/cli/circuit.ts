import { circuitView } from "../report/causal/circuitView.ts";
import { circuit } from "../studies/causal/circuit.ts";
import { given } from "./rowOptions.ts";
import { runStudy, type StudyCommandOptions } from "./study.ts";

export interface CircuitCommandOptions extends StudyCommandOptions {
  readonly topPairs?: number;
  readonly heads?: readonly string[];
  readonly circuitTokens?: number;
  readonly topK?: number;
}

export async function circuitCommand(name: string, options: CircuitCommandOptions): Promise<void> {
  const { topPairs, heads, circuitTokens, topK } = options;
  const wanted = given({ topPairs, heads, circuitTokens, topK });
  await runStudy(
    name,
    options,
    (model, backend, running) => circuit(model, backend, { ...wanted, ...running }),
    circuitView,
  );
}
