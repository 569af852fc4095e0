/** How many of a list a message names. */
const MOST_NAMED = 3;

/** The first three of `items` (or `most`), and how many more there are: what a message shows of a list that may be long. */
export function someOf(items: readonly string[], separator = ", ", most = MOST_NAMED): string {
  const more = items.length - most;
  const list = items.slice(0, most).join(separator);
  return more > 0 ? `${list}${separator === ", " ? " " : separator}and ${more} more` : list;
}
