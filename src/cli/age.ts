import { plural } from "../base/plural.ts";

const AGES = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** In the largest unit of which there is at least one. */
export function age(ms: number): string {
  const [unit, size] = AGES.find(([, each]) => ms >= each) ?? ["second", 1000];
  return plural(Math.max(0, Math.floor(ms / size)), unit);
}
