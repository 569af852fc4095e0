/** @file Which GGUF of a repository of the hub is meant: its only one, or the one that `ID:FILE.gguf` or `ID:Q4_K_M` names. */
import { InputError } from "../../base/errors.ts";
import { someOf } from "../../base/someOf.ts";
import { firstParts, partNames } from "../../formats/gguf/partNames.ts";
import { MODEL_FILES, type WantedFiles } from "./wantedFiles.ts";

/** `organisation/name:CHOICE` apart; without a choice, and for anything that is not so built, the text as it is. */
export function chosenGguf(typed: string): { readonly name: string; readonly gguf: string | null } {
  const [, name, gguf] = /^([\w.-]+\/[\w.-]+):(.+)$/.exec(typed) ?? [];
  return name !== undefined && gguf !== undefined ? { name, gguf } : { name: typed, gguf: null };
}

/**
 * What a load takes of a repository with these files: configuration and weights; where it has no such weights, its GGUF.
 *
 * @param gguf the whole name of a GGUF, or the end of it that says how it is quantised, such as `Q4_K_M`; null: the only one
 * @throws {InputError} "hub-not-found" where the choice names none or several, or there are several and no choice
 */
export function modelFilesIn(
  names: readonly string[],
  id: string,
  gguf: string | null,
): WantedFiles {
  const firsts = modelsIn(names);
  const hasWeights = MODEL_FILES.firstOf.some((name) => names.includes(name));
  if (gguf === null && (hasWeights || firsts.length === 0)) return MODEL_FILES;
  const meant = gguf === null ? firsts : firsts.filter((name) => isCalled(name, gguf));
  if (meant.length !== 1) throw notOne(id, gguf, firsts, meant);
  const required = partNames(meant[0]!) ?? [meant[0]!];
  return { required, optional: [], firstOf: [], ...(gguf === null && { guessed: true }) };
}

/** One name for each model. What sees or hears beside a model, and importance matrices, are none. */
function modelsIn(names: readonly string[]): string[] {
  const models = names.filter((name) => /\.gguf$/i.test(name) && !/mmproj|imatrix/i.test(name));
  return firstParts(models);
}

function isCalled(name: string, gguf: string): boolean {
  const [whole, ending] = [name.toLowerCase(), gguf.toLowerCase()];
  if (whole === ending) return true;
  const stem = whole.replace(/(-\d{5}-of-\d{5})?\.gguf$/, "");
  return stem.endsWith(`-${ending}`) || stem.endsWith(`.${ending}`);
}

/** Of what can be chosen a message shows more than of faults. */
const MOST_LISTED = 12;

function notOne(
  id: string,
  gguf: string | null,
  firsts: readonly string[],
  meant: readonly string[],
): InputError {
  if (firsts.length === 0)
    return new InputError("hub-not-found", `${id} has no GGUF file, so ${gguf} cannot be one`);
  const candidates = meant.length === 0 ? firsts : meant;
  const many = meant.length === 0 ? "is not one" : "is the end of several";
  const start =
    gguf === null
      ? `${id} has no weights but GGUF files`
      : `${gguf} ${many} of the GGUF files of ${id}`;
  const list = someOf(candidates, ", ", MOST_LISTED);
  return new InputError(
    "hub-not-found",
    `${start} (${list}): name one of them, as ${id}:${candidates[0]}`,
  );
}
