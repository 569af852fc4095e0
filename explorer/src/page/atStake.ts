/** @file Work that closing or reloading the page would lose: the browser asks first while there is any. */
import { useEffect } from "preact/hooks";

const stakes = new Set<string>();

addEventListener("beforeunload", (event) => {
  if (stakes.size > 0) event.preventDefault();
});

/** While `isAtStake`, the page is not closed or reloaded without asking. */
export function useAtStake(what: string, isAtStake: boolean): void {
  useEffect(() => {
    if (!isAtStake) return;
    stakes.add(what);
    return () => void stakes.delete(what);
  }, [what, isAtStake]);
}
