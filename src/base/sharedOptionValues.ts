/** @file Values of the options that most studies share: callers in JavaScript may hand over anything, and some of it would change nothing, silently. */
import { DEVICES } from "./devices.ts";
import { InputError } from "./errors.ts";
import { shownValue } from "./faultSentences.ts";
import { isObject } from "./isObject.ts";

interface Need {
  readonly words: string;
  readonly isMet: (value: unknown) => boolean;
}

const isWhole = (value: unknown, least: number) =>
  Number.isSafeInteger(value) && Number(value) >= least;

const NEEDS: Readonly<Record<string, Need>> = {
  signal: {
    words: "needs an AbortSignal",
    isMet: (value) => value === null || (isObject(value) && typeof value["aborted"] === "boolean"),
  },
  backend: {
    words: "needs an engine, as `openEngine` gives it",
    isMet: (value) => isObject(value) && typeof value["create"] === "function",
  },
  device: {
    words: `needs one of auto, ${DEVICES.join(", ")}`,
    isMet: (value) => ["auto", ...DEVICES].some((device) => device === value),
  },
  threads: { words: "needs a whole number from 1 on", isMet: (value) => isWhole(value, 1) },
  memory: { words: "needs a number of bytes above 0", isMet: (value) => Number(value) > 0 },
  fast: { words: "needs true or false", isMet: (value) => typeof value === "boolean" },
  bos: {
    words: 'needs "auto", "on", "off" or the id of a token',
    isMet: (value) => ["auto", "on", "off"].includes(String(value)) || typeof value === "number",
  },
};

/** @throws {InputError} "options" for the first option whose value is not what every study takes under that name */
export function checkSharedOptionValues(options: object): void {
  for (const [option, value] of Object.entries(options)) {
    const need = Object.hasOwn(NEEDS, option) ? NEEDS[option]! : null;
    if (value === undefined || !need || need.isMet(value)) continue;
    throw new InputError("options", `\`${option}\` ${need.words}, got ${shownValue(value)}`, {
      option,
    });
  }
}
