/**
 * The p of each test after control of false discoveries: Benjamini-Hochberg.
 *
 * With p(1) <= ... <= p(m): adjusted(i) = min over j >= i of min(1, m / j * p(j)). Tests with adjusted <= level are
 * discoveries, of which at most `level` are false in expectation. Tests without p (null) are not counted.
 *
 * @returns adjusted p in the order given, null where there was none
 * @see Benjamini and Hochberg 1995. Holds for independent tests and for those that depend positively
 */
export function falseDiscovery(p: readonly (number | null)[]): (number | null)[] {
  const order = p
    .flatMap((value, index) => (value === null ? [] : [{ value, index }]))
    .sort((left, right) => right.value - left.value);
  const adjusted: (number | null)[] = p.map(() => null);
  let least = 1;
  order.forEach(({ value, index }, fromTop) => {
    const rank = order.length - fromTop;
    least = Math.min(least, (value * order.length) / rank);
    adjusted[index] = least;
  });
  return adjusted;
}
