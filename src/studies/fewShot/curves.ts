/** @file Which heads go: the best of one kind, with and without those of the other, and random ones of the same layers. */
import type { HeadAt } from "../../base/headName.ts";
import { random } from "../../base/random.ts";
import { controlsByLayer, differentSets, isAmong } from "../../interventions/controlHeads.ts";
import { headsInPercent, type FewShotPlan } from "./plan.ts";
import { HEAD_KINDS, type HeadKind } from "./result.ts";

/** A head with both of its scores. */
export interface ScoredHead extends HeadAt, Readonly<Record<HeadKind, number>> {}

export interface CurvePoint {
  readonly percent: number;
  readonly heads: readonly HeadAt[];
  /** Sets of as many other heads of each layer; none where layers have too few. */
  readonly random: readonly (readonly HeadAt[])[];
}

export interface HeadCurve {
  readonly kind: HeadKind;
  /** The best of the other kind, which stay; empty where nothing is excluded. */
  readonly excluded: readonly HeadAt[];
  readonly points: readonly CurvePoint[];
}

/** Two curves of each kind: whole, and without the best of the other. */
export function headCurves(
  heads: readonly ScoredHead[],
  { percent, exclude, randomSets, seed }: FewShotPlan,
): HeadCurve[] {
  const orders = Object.fromEntries(
    HEAD_KINDS.map((kind) => [kind, heads.toSorted((a, b) => b[kind] - a[kind])]),
  ) as Record<HeadKind, ScoredHead[]>;
  const count = exclude === 0 ? 0 : headsInPercent(exclude, heads.length);
  const top = (kind: HeadKind) => orders[kind].slice(0, count);
  const best = HEAD_KINDS.flatMap(top);
  return HEAD_KINDS.flatMap((kind, at) => {
    const other = HEAD_KINDS.find((each) => each !== kind)!;
    return [[], top(other)].slice(0, count === 0 ? 1 : 2).map((excluded, which): HeadCurve => {
      const left = orders[kind].filter((head) => !isAmong(excluded, head));
      const points = percent.map((share, step): CurvePoint => {
        const chosen = left.slice(0, headsInPercent(share, heads.length));
        const draw = random(seed, 100 + 50 * at + 25 * which + step);
        const drawSet = () => controlsByLayer(heads, chosen, { not: [...chosen, ...best], draw });
        return {
          ...{ percent: share, heads: chosen },
          random: differentSets(chosen.length, randomSets, drawSet),
        };
      });
      return { kind, excluded, points: points.filter(isLonger) };
    });
  });
}

/** Two shares of few heads may be the same heads. */
function isLonger({ heads }: CurvePoint, at: number, points: readonly CurvePoint[]): boolean {
  return at === 0 || heads.length > points[at - 1]!.heads.length;
}
