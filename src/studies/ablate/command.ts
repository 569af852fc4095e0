import { Option, type Command } from "commander";
import { InputError } from "../../base/errors.ts";
import { ABLATION_KINDS } from "../../results/causalNames.ts";
import { MODEL, rows, withSharedFlags } from "../../cli/flags/sharedFlags.ts";
import { integer, commaList, number, sets } from "../../cli/flags/values.ts";
import { withoutUndefined } from "../../base/withoutUndefined.ts";
import { mediaFileAt } from "../../cli/userFile.ts";
import { rowOptions, type RowFlags } from "../../cli/flags/rowFlags.ts";
import { onModel, studyCommand } from "../../cli/studyCommand.ts";
import { STUDIES } from "../registry.ts";
import { readAblation } from "../../cli/tokensFile.ts";
import type { AblationKind } from "./result.ts";

interface Flags extends RowFlags {
  readonly kind?: AblationKind | undefined;
  readonly set?: readonly (readonly string[])[] | undefined;
  readonly alwaysAblate?: readonly string[] | undefined;
  readonly idealise?: readonly string[] | undefined;
  readonly eachHead?: boolean | undefined;
  readonly curve?: number | true | undefined;
  readonly randomSets?: number | undefined;
  readonly minimal?: boolean | undefined;
  readonly share?: number | undefined;
  readonly maskToken?: number | undefined;
  readonly images?: readonly string[] | undefined;
}

export const command = studyCommand({
  name: "ablate",
  description: "the losses of both copies without heads: each alone, sets, curves, exact patterns",
  declare,
  request: async (flags: Flags, model: string) => {
    const { kind, set: sets, alwaysAblate, idealise, eachHead, maskToken } = flags;
    const { curve, minimal } = searches(flags);
    const rows = await rowOptions(flags, readAblation);
    const ablations = { kind, sets, alwaysAblate, idealise, eachHead, curve, minimal };
    return onModel(STUDIES.ablate, model, {
      ...{ ...rows, ...ablations, maskToken },
      images: flags.images?.map(mediaFileAt),
    });
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument("<model>", MODEL)
    .addOption(
      new Option("--kind <name>", "what a head's output becomes (default mean)").choices(
        ABLATION_KINDS,
      ),
    )
    .option("--set <heads>", "ablate these together, as 18.6,18.7; may repeat", sets)
    .option("--always-ablate <heads>", "ablate these in every run", commaList)
    .option("--idealise <heads>", "put exact patterns in place of these heads' own", commaList)
    .option("--each-head", "each head alone, beside sets and patterns")
    .option(
      "--curve [n]",
      "ablate the n heads with the best induction scores one after the other, beside random sets (default 10)",
      integer(1),
    )
    .option("--random-sets <n>", "random sets in the band of a curve (default 10)", integer(2))
    .option("--minimal", "search, greedily, a set that copying needs and one that is enough for it")
    .option(
      "--share <x>",
      "share of what repetition helps that --minimal goes by (default .8)",
      number,
    )
    .option(
      "--images <files>",
      "towers of images: PNG or JPEG files, two or more (default: noise)",
      commaList,
    )
    .option("--mask-token <id>", "encoders of text: the id that hides a token", integer(0));
  return withSharedFlags(
    rows(withFlags, '{"tokens": [[...]], "period": S, "bos": true, "reference": [[...]]}'),
  );
}

/** @throws {InputError} "options" for options of a curve or a search that was not asked for */
function searches({ curve, randomSets, minimal, share }: Flags) {
  if (randomSets !== undefined && curve === undefined)
    throw new InputError("options", "--random-sets is for the band of a --curve");
  if (share !== undefined && !minimal)
    throw new InputError("options", "--share is for the sets of --minimal");
  const count = curve === true ? undefined : curve;
  return {
    curve: curve === undefined ? undefined : withoutUndefined({ count, randomSets }),
    minimal: minimal ? withoutUndefined({ share }) : undefined,
  };
}
