import { useEffect, useState } from "preact/hooks";
import type { ThemeName } from "./address.ts";

const QUERY = "(prefers-color-scheme: dark)";

/** Whether the page is dark now, also when the system changes while the page is open. */
export function useDark(theme: ThemeName): boolean {
  const [system, follow] = useState(() => matchMedia(QUERY).matches);
  useEffect(() => {
    const query = matchMedia(QUERY);
    const changed = () => follow(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, []);
  return theme === "system" ? system : theme !== "light";
}
