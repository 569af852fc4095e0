import type { ThemeName } from "./address.ts";
import { FORCED, useMedia } from "./useMedia.ts";

/** Whether the page is dark now: as the system is where it forces its colours or the theme follows it. */
export function useDark(theme: ThemeName): boolean {
  const system = useMedia("(prefers-color-scheme: dark)");
  const isForced = useMedia(FORCED);
  return isForced || theme === "system" ? system : theme !== "light";
}
