import type { Program, Weight } from "../../graph/program.ts";
import type { Model } from "../../models/family.ts";
import type { ModelCard } from "./result.ts";

/**
 * total: values of all weights that the Program reads, parts of one stored tensor each by themselves. active = total less,
 * in each layer with experts, (1 - perToken / count) of what its experts have.
 */
export function parametersOf({
  program,
  architecture,
}: Pick<Model, "program" | "architecture">): ModelCard["parameters"] {
  const sum = (weights: readonly Weight[]) =>
    weights.reduce((total, weight) => total + valuesIn(weight), 0);
  const { experts } = architecture;
  const total = sum(program.weights);
  if (!experts) return { total, active: total };
  const { count, perToken } = experts;
  const ofExperts = sum(routedIn(program));
  return { total, active: total - (ofExperts / count) * (count - perToken) };
}

/** Weights of the experts that tokens are sent to; those of shared experts and of the router serve every token. */
function routedIn({ weights }: Program): readonly Weight[] {
  return weights.filter(({ name }) => /\.mlp\.experts\./.test(name));
}

function valuesIn({ axes }: Weight): number {
  return axes.reduce((product, { size }) => product * Number(size), 1);
}
