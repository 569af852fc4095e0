import { useCallback } from "preact/hooks";
import { THEMES, type Theme } from "induction-lens/report";
import { FORCED, useMedia } from "../page/useMedia.ts";
import { usePage } from "../page/page.ts";

/** Custom properties of the style sheet, in the order of what a theme of the library has; the last four are its marks. */
const COLOURS = ["panel", "text", "second", "line", "key", "previous", "cut", "induction"] as const;
type Colours = readonly [string, string, string, string, ...Theme["marks"]];

/** Gives the theme in which the library draws on the page: the page's own colours, whatever its theme. Another function for another theme. */
export function useDrawTheme(): () => Theme {
  const { dark, state } = usePage();
  const { theme } = state;
  const isForced = useMedia(FORCED);
  return useCallback(() => {
    const style = getComputedStyle(document.documentElement);
    const colourOf = (name: string) => style.getPropertyValue(`--${name}`).trim();
    const colours = COLOURS.map(colourOf) as unknown as Colours;
    const [panel, text, secondText, line, ...marks] = colours;
    return { ...THEMES[dark ? "dark" : "light"], panel, text, secondText, line, marks };
  }, [dark, theme, isForced]);
}
