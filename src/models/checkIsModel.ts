import { InputError } from "../base/errors.ts";
import { shownValue } from "../base/faultSentences.ts";
import { isObject } from "../base/isObject.ts";

/** @throws {InputError} "study" if `model`, which `what` needs, is none, as callers in JavaScript may have it */
export function checkIsModel(what: string, model: unknown): void {
  if (isObject(model) && isObject(model["program"]) && isObject(model["architecture"])) return;
  throw new InputError(
    "study",
    `${what} needs a model, as \`load\` gives it, got ${shownValue(model)}`,
  );
}
