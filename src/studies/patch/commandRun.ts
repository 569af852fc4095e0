import { InputError } from "../../base/errors.ts";
import { attributionView } from "../attribution/view.ts";
import { fingerprintView, patchView } from "./view.ts";
import { pathView } from "../path/view.ts";
import type {
  DesignName,
  MetricName,
  PathMetric,
  PathRoute,
  UnitName,
} from "../../results/causalNames.ts";
import { attribution } from "../attribution/attribution.ts";
import { HEAD_UNITS } from "../attribution/plan.ts";
import { fingerprint } from "./fingerprint.ts";
import { patch } from "./patch.ts";
import { pathPatch } from "../path/path.ts";
import { given, rowOptions } from "../../cli/rowOptions.ts";
import { readPair, runStudy, type StudyCommandOptions } from "../../cli/study.ts";

export interface PatchCommandOptions extends StudyCommandOptions {
  readonly unit?: UnitName | undefined;
  readonly byPosition?: boolean | undefined;
  readonly byCell?: boolean | undefined;
  readonly heads?: readonly string[] | undefined;
  readonly mode?: "denoise" | "noise" | undefined;
  readonly metric?: PathMetric | undefined;
  readonly design?: DesignName | undefined;
  readonly raw?: boolean | undefined;
  readonly threshold?: number | undefined;
  readonly topK?: number | undefined;
  readonly fingerprint?: readonly string[] | undefined;
  readonly route?: PathRoute | undefined;
  readonly into?: readonly string[] | undefined;
  readonly from?: readonly (readonly string[])[] | undefined;
  readonly throughMlps?: boolean | undefined;
  readonly freezeNorm?: boolean | undefined;
  readonly attribution?: boolean | undefined;
  readonly screen?: number | undefined;
  readonly controls?: number | undefined;
}

/** Options of paths alone, as they are written. */
const PATH_FLAGS = {
  into: "--into",
  from: "--from",
  throughMlps: "--through-mlps",
  freezeNorm: "--freeze-norm",
} as const;
const PATCH_FLAGS = {
  unit: "--unit",
  byPosition: "--by-position",
  byCell: "--by-cell",
  heads: "--heads",
  mode: "--mode",
  raw: "--raw",
  threshold: "--threshold",
  topK: "--top-k",
} as const;
const ATTRIBUTION_FLAGS = {
  attribution: "--attribution",
  screen: "--screen",
  controls: "--controls",
} as const;
const ROW_FLAGS = { metric: "--metric", design: "--design", tokens: "--tokens" } as const;

export async function patchCommand(name: string, options: PatchCommandOptions): Promise<void> {
  if (options.fingerprint !== undefined) return fingerprintCommand(name, options);
  if (options.route !== undefined) return pathCommand(name, options);
  if (options.attribution || options.screen !== undefined) return attributionCommand(name, options);
  refuse(options, { controls: "--controls" }, "without --screen nothing is confirmed");
  refuse(options, PATH_FLAGS, "without --route whole values are patched");
  const { unit, byPosition, byCell, heads, mode, metric, design, raw, threshold, topK } = options;
  if (byPosition && byCell)
    throw new InputError(
      "options",
      "--by-cell patches (query, key), so --by-position cannot be used",
    );
  const rows = rowOptions(options);
  const own = await ownPair(options);
  const read = wholeRunMetric(metric);
  const what = { unit, byPosition, byCell, heads, mode, metric: read };
  const wanted = given({ own, ...what, design, raw, threshold, topK });
  await runStudy(
    name,
    options,
    (model, backend, running) => patch(model, { backend, ...rows, ...wanted, ...running }),
    patchView,
  );
}

/** @throws {InputError} "options" for the metric of paths alone */
function wholeRunMetric(metric: PathMetric | undefined): MetricName | undefined {
  if (metric === "induction-score")
    throw new InputError(
      "options",
      "--metric induction-score is for paths into heads (--route q, k or v)",
    );
  return metric;
}

/** All four designs and five parts, so what else is patched cannot be chosen. */
async function fingerprintCommand(name: string, options: PatchCommandOptions): Promise<void> {
  refuse(
    options,
    { ...PATCH_FLAGS, ...ROW_FLAGS, ...PATH_FLAGS, ...ATTRIBUTION_FLAGS, route: "--route" },
    "--fingerprint patches every part under every design",
  );
  const rows = rowOptions(options);
  const heads = options.fingerprint!;
  await runStudy(
    name,
    options,
    (model, backend, running) => fingerprint(model, { backend, ...rows, heads, ...running }),
    fingerprintView,
  );
}

/** Estimates; all units and paths, or those of a screen alone. */
async function attributionCommand(name: string, options: PatchCommandOptions): Promise<void> {
  const { byPosition, byCell, heads, threshold } = PATCH_FLAGS;
  refuse(
    options,
    { ...PATH_FLAGS, byPosition, byCell, heads, threshold },
    "--attribution estimates whole heads",
  );
  const { unit: asked, mode, metric, design, raw, topK, screen, controls } = options;
  const unit = HEAD_UNITS.find((one) => one === (asked ?? HEAD_UNITS[0]));
  if (!unit)
    throw new InputError(
      "options",
      `--attribution estimates ${HEAD_UNITS.join(", ")}, got --unit ${asked}`,
    );
  const units = screen !== undefined || asked !== undefined ? [unit] : undefined;
  const paths = options.attribution && asked === undefined ? true : undefined;
  const rows = rowOptions(options);
  const own = await ownPair(options);
  const wanted = given({
    own,
    units,
    paths,
    mode,
    metric: wholeRunMetric(metric),
    design,
    raw,
    topK,
    screen,
    controls,
  });
  await runStudy(
    name,
    options,
    (model, backend, running) => attribution(model, { backend, ...rows, ...wanted, ...running }),
    attributionView,
  );
}

async function pathCommand(name: string, options: PatchCommandOptions): Promise<void> {
  refuse(options, PATCH_FLAGS, "paths (--route) have no units");
  refuse(options, ATTRIBUTION_FLAGS, "--attribution estimates paths of every route");
  const { route, into, from, metric, design, throughMlps, freezeNorm } = options;
  const rows = rowOptions(options);
  const own = await ownPair(options);
  const form = throughMlps ? ("through-mlps" as const) : undefined;
  const norm = freezeNorm ? ("frozen" as const) : undefined;
  const wanted = given({ own, route, into, from, metric, design, form, norm });
  await runStudy(
    name,
    options,
    (model, backend, running) => pathPatch(model, { backend, ...rows, ...wanted, ...running }),
    pathView,
  );
}

async function ownPair({ tokens, design }: PatchCommandOptions) {
  if (tokens === undefined) return undefined;
  if (design !== undefined)
    throw new InputError(
      "options",
      "--tokens gives the corrupted rows, so it cannot be combined with --design",
    );
  return readPair(tokens);
}

/** @throws {InputError} "options" if any of `flags` was given */
function refuse(
  options: PatchCommandOptions,
  flags: Readonly<Partial<Record<keyof PatchCommandOptions, string>>>,
  why: string,
): void {
  const there = Object.entries(flags).flatMap(([key, flag]) =>
    options[key as keyof PatchCommandOptions] === undefined ? [] : [flag],
  );
  if (there.length > 0)
    throw new InputError("options", `${why}, so ${there.join(", ")} cannot be used`);
}
