import { circuitView } from "../report/causal/circuitView.ts";
import { circuit } from "../studies/causal/circuit.ts";
import { given } from "./rowOptions.ts";
import { runStudy, type StudyCommandOptions } from "./study.ts";

export interface CircuitCommandOptions extends StudyCommandOptions {
  readonly topPairs?: number;
}

export async function circuitCommand(name: string, options: CircuitCommandOptions): Promise<void> {
  const { topPairs } = options;
  await runStudy(
    name,
    options,
    (model, backend, running) => circuit(model, backend, { ...given({ topPairs }), ...running }),
    circuitView,
  );
}
