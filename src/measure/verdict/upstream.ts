/** @file From paths that were cut to the heads that a receiver reads, and by which route. */
import { ratioInterval } from "../interval.ts";
import { moments } from "../moments.ts";
import { atLeast, type Estimate } from "./estimate.ts";
import { LEAST_UPSTREAM } from "./thresholds.ts";

export type Route = "q" | "k" | "v";
export const MECHANISMS = ["K", "Q", "convolution", "mixed", "none"] as const;
export type Mechanism = (typeof MECHANISMS)[number];

/**
 * Share of a receiver's stripe that is lost without a path: 1 - patched / clean, of batch means; for the route v of what the
 * receiver writes towards its targets.
 *
 * @returns null where the clean values are within 3 standard errors of zero: there is nothing to lose
 */
export function pathEffect(clean: readonly number[], patched: readonly number[]): Estimate | null {
  const { mean, standardError } = moments(clean);
  if (mean === 0 || Math.abs(mean) < 3 * standardError) return null;
  const { ratio, interval } = ratioInterval(
    clean.map((value, example) => value - patched[example]!),
    clean,
  );
  return { value: ratio, low: interval?.[0] ?? null, high: interval?.[1] ?? null };
}

/** The layer's own convolution where it carries a tenth of the stripe; else K if the strongest key path carries at least twice the strongest query path, Q the other way round. */
export function mechanismOf(
  paths: readonly (Estimate & { readonly route: Route })[],
  convolution: Estimate | null = null,
): Mechanism {
  if (convolution && atLeast(convolution) >= LEAST_UPSTREAM) return "convolution";
  const strongest = (route: Route) =>
    Math.max(
      0,
      ...paths
        .filter((path) => path.route === route && atLeast(path) >= LEAST_UPSTREAM)
        .map(({ value }) => value),
    );
  const [keys, queries] = [strongest("k"), strongest("q")];
  if (keys === 0 && queries === 0) return "none";
  if (keys >= 2 * queries) return "K";
  return queries >= 2 * keys ? "Q" : "mixed";
}
