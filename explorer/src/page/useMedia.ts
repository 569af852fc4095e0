import { useEffect, useState } from "preact/hooks";

/** The operating system gives the page its colours. */
export const FORCED = "(forced-colors: active)";

/** Whether the query holds now, also when that changes while the page is open. */
export function useMedia(query: string): boolean {
  const [holds, follow] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const changed = () => follow(list.matches);
    list.addEventListener("change", changed);
    return () => list.removeEventListener("change", changed);
  }, [query]);
  return holds;
}
