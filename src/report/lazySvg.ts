import type { HeadMap } from "./headMap.ts";
import type { StudyPicture } from "./studyView.ts";

/** Draws `map` in either theme; what draws is loaded when it is asked to. */
export function lazySvg(map: HeadMap): (theme: "light" | "dark") => Promise<string> {
  return async (theme) => {
    const { headMapSvg } = await import("./svg.ts");
    const { THEMES } = await import("./theme.ts");
    return headMapSvg(map, THEMES[theme]);
  };
}

/** The same for a study's own picture. */
export function drawnLazily(
  draw: StudyPicture["draw"],
): (theme: "light" | "dark") => Promise<string> {
  return async (theme) => {
    const { drawnSvg } = await import("./svg.ts");
    const { THEMES } = await import("./theme.ts");
    const drawn = await draw();
    return drawnSvg((document) => drawn(document, THEMES[theme]));
  };
}
