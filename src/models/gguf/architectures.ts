/** @file Architectures of llama.cpp by the name that files give them in `general.architecture`. */
import { InputError } from "../../base/errors.ts";
import { probablyMeant } from "../../base/nearest.ts";
import type { GgufArchitecture } from "./architecture.ts";
import { ENCODERS } from "./architectures/encoders.ts";
import { FUSED } from "./architectures/fusedAttention.ts";
import { LLAMA_LIKE } from "./architectures/llama.ts";
import { MIXTURES } from "./architectures/mixtures.ts";
import { OTHER_NORMS } from "./architectures/norms.ts";
import { WITH_CORRECTION } from "./architectures/routerCorrections.ts";
import { SCANS } from "./architectures/scans.ts";
import { XIELU } from "./architectures/xielu.ts";

export const ARCHITECTURES: Readonly<Record<string, GgufArchitecture>> = {
  ...LLAMA_LIKE,
  ...OTHER_NORMS,
  ...FUSED,
  ...MIXTURES,
  ...WITH_CORRECTION,
  ...SCANS,
  ...XIELU,
  ...ENCODERS,
};

/**
 * The architecture of this name.
 *
 * @throws {InputError} "config" for one that is not known
 */
export function architectureOf(name: string, path: string): GgufArchitecture {
  const architecture = Object.hasOwn(ARCHITECTURES, name) ? ARCHITECTURES[name] : undefined;
  if (architecture) return architecture;
  const names = Object.keys(ARCHITECTURES);
  const near = probablyMeant(name, names);
  const hint = near === null ? "" : `, did you mean ${near}`;
  throw new InputError(
    "config",
    `${path} has the architecture ${JSON.stringify(name)}, which is not supported${hint} (supported: ${names.join(", ")})`,
  );
}
