import type { HeadMap } from "./headMap.ts";

/** Draws `map` in either theme; what draws is loaded when it is asked to. */
export function lazySvg(map: HeadMap): (theme: "light" | "dark") => Promise<string> {
  return async (theme) => {
    const { headMapSvg } = await import("./svg.ts");
    const { THEMES } = await import("./theme.ts");
    return headMapSvg(map, THEMES[theme]);
  };
}
