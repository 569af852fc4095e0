/**
 * The version of the rule by which labels and flags are given: docs/verdict.md lists what changed with each. It is counted up with
 * whatever can give a head another label on the same weights, so that stored verdicts say that they are older.
 */
export const RULE_VERSION = 2;

/** Results from before it was counted lack it. */
interface JudgedByRule {
  readonly ruleVersion?: number | undefined;
}

/**
 * What to know before labels of two verdicts are compared; null if one rule gave both.
 *
 * @param first what readers call it, such as "old.json"
 * @param other the same of the other one
 */
export function ruleWarning(
  [first, one]: readonly [name: string, verdict: JudgedByRule],
  [other, two]: readonly [name: string, verdict: JudgedByRule],
): string | null {
  const [before, after] = [one.ruleVersion ?? 1, two.ruleVersion ?? 1];
  if (before === after) return null;
  return `${first} was labelled by version ${before} of the verdict's rule, ${other} by version ${after}, so labels may differ for that alone (docs/verdict.md)`;
}
