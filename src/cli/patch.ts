import { InputError } from "../base/errors.ts";
import { fingerprintView, patchView } from "../report/causal/patchView.ts";
import type { DesignName, MetricName, UnitName } from "../results/patch.ts";
import { fingerprint } from "../studies/causal/fingerprint.ts";
import { patch } from "../studies/causal/patch.ts";
import { given, readPair, rowOptions, runStudy, type StudyCommandOptions } from "./study.ts";

export interface PatchCommandOptions extends StudyCommandOptions {
  readonly unit?: UnitName;
  readonly byPosition?: boolean;
  readonly mode?: "denoise" | "noise";
  readonly metric?: MetricName;
  readonly design?: DesignName;
  readonly raw?: boolean;
  readonly threshold?: number;
  readonly topK?: number;
  readonly fingerprint?: readonly string[];
}

export async function patchCommand(name: string, options: PatchCommandOptions): Promise<void> {
  if (options.fingerprint !== undefined) return fingerprintCommand(name, options);
  const { unit, byPosition, mode, metric, design, raw, threshold, topK } = options;
  const rows = rowOptions(options);
  if (options.tokens !== undefined && design !== undefined)
    throw new InputError(
      "options",
      "--tokens gives the corrupted rows, so --design has nothing to say",
    );
  const own = options.tokens === undefined ? undefined : await readPair(options.tokens);
  const wanted = given({ own, unit, byPosition, mode, metric, design, raw, threshold, topK });
  await runStudy(
    name,
    options,
    (model, backend, running) => patch(model, backend, { ...rows, ...wanted, ...running }),
    patchView,
  );
}

/** All four designs and five parts, so what else is patched cannot be chosen. */
async function fingerprintCommand(name: string, options: PatchCommandOptions): Promise<void> {
  const { unit, byPosition, mode, metric, design, raw, tokens } = options;
  const other = Object.keys(given({ unit, byPosition, mode, metric, design, raw, tokens }));
  if (other.length > 0)
    throw new InputError(
      "options",
      `--fingerprint patches every part under every design, so it cannot be combined with ${other.map((flag) => `--${flag === "byPosition" ? "by-position" : flag}`).join(", ")}`,
    );
  const rows = rowOptions(options);
  const heads = options.fingerprint!;
  await runStudy(
    name,
    options,
    (model, backend, running) => fingerprint(model, backend, { ...rows, heads, ...running }),
    fingerprintView,
  );
}
