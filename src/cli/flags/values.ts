/** @file What the text of an option may be, and the value it stands for. */
import { InvalidArgumentError } from "commander";

/** A whole number from `least` on, up to `most`. */
export function integer(least: number, most = Infinity): (text: string) => number {
  const bounds = most === Infinity ? `from ${least} on` : `from ${least} to ${most}`;
  return (text) => {
    const value = Number(text);
    const within = Number.isSafeInteger(value) && value >= least && value <= most;
    if (/^[+-]?\d+$/.test(text.trim()) && within) return value;
    throw new InvalidArgumentError(`It needs a whole number ${bounds}.`);
  };
}

/** A seed: one of the 2^32 that give different numbers. */
export const seed = integer(-(2 ** 31), 2 ** 31 - 1);

/** Any whole number; what the study allows is said by the study. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^[+-]?\d+$/.test(text.trim()) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("It needs a whole number.");
}

const UNITS = { MB: 1e6, GB: 1e9, TB: 1e12, MIB: 2 ** 20, GIB: 2 ** 30, TIB: 2 ** 40 } as const;

/** "600MB", "1.5 GiB": a number of bytes. */
export function byteCount(text: string): number {
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*([MGT]i?B)\s*$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(amount) * UNITS[unit?.toUpperCase() as keyof typeof UNITS]);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new InvalidArgumentError(`needs a size such as 600MB or 1.5GB, got ${text}.`);
}

/** When rows begin with BOS, or the id that they begin with. */
export function bosChoice(text: string): "auto" | "on" | "off" | number {
  if (text === "auto" || text === "on" || text === "off") return text;
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new InvalidArgumentError("It needs auto, on, off or the id of a token.");
}

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("It needs a number.");
}

/** "18.6, 18.7" as its parts. */
export function commaList(text: string): string[] {
  return text.split(",").map((name) => name.trim());
}

/** "40, 41" as numbers. */
export function wholeNumbers(text: string): number[] {
  return commaList(text).map(wholeNumber);
}

/** An option that may repeat, each time with a list. */
export function sets(text: string, before: readonly string[][] = []): string[][] {
  return [...before, commaList(text)];
}

/** An option that may repeat. */
export function collectTexts(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** "0,512,1000" as steps. */
export function stepList(text: string): number[] {
  return commaList(text).map(integer(0));
}
