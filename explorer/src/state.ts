/** @file What the page's address holds: a link opens the same view. */
export const THEME_NAMES = ["system", "light", "dark", "contrast"] as const;
export type ThemeName = (typeof THEME_NAMES)[number];

export interface PageState {
  readonly layer: number;
  readonly head: number;
  readonly off: boolean;
  readonly theme: ThemeName;
}

/** The state in an address such as `#head=1.2&off=1`; what it lacks or has wrong is taken from `start`. */
export function readState(
  hash: string,
  start: PageState,
  layers: number,
  heads: number,
): PageState {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const at = /^(\d+)\.(\d+)$/.exec(given.get("head") ?? "");
  const known = at !== null && Number(at[1]) < layers && Number(at[2]) < heads;
  const theme = THEME_NAMES.find((name) => name === given.get("theme")) ?? start.theme;
  return {
    layer: known ? Number(at[1]) : start.layer,
    head: known ? Number(at[2]) : start.head,
    off: given.get("off") === "1",
    theme,
  };
}

export function stateHash({ layer, head, off, theme }: PageState): string {
  return `#head=${layer}.${head}${off ? "&off=1" : ""}${theme === "system" ? "" : `&theme=${theme}`}`;
}
