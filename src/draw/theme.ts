/** @file Colours and the typeface that all pictures share. Numbers in comments are contrast ratios on `panel`. */

/** The typeface of `fonts/Inter-Regular.ttf`: PNG always has it, a browser falls back to its own sans. */
export const FONT_FAMILY = "Inter, system-ui, sans-serif";

export interface Theme {
  readonly name: "light" | "dark";
  readonly panel: string;
  readonly text: string;
  readonly secondText: string;
  readonly line: string;
  /** Four marks, to be told apart by shape as well. */
  readonly marks: readonly [string, string, string, string];
  /** From zero, which is next to the panel, to the largest value; evenly spaced. */
  readonly sequential: readonly string[];
  /** From the most negative (orange) over zero, which is next to the panel, to the most positive (purple). */
  readonly diverging: readonly string[];
  /** How wide the place is that a picture is drawn for, px; a picture is wider where it cannot be told in that. Left out: any. */
  readonly room?: number | undefined;
  /** What a picture is called in place of its own title: whoever publishes it knows a better one. */
  readonly title?: string | undefined;
  /** What stands below the title in place of the picture's own words: how a published figure was made. */
  readonly subtitle?: readonly string[] | undefined;
}

/**
 * The sequential ramps are viridis with lightness made linear and the end at zero faded into the panel, so that heads
 * without a score look like paper. A tenth of the ramp is 13 to 29 CIELAB units anywhere.
 */
export const THEMES: { readonly light: Theme; readonly dark: Theme } = {
  light: {
    name: "light",
    panel: "#ffffff",
    text: "#1b1c22", // 17.0
    secondText: "#4a4c58", // 8.5
    line: "#8b8d99",
    marks: ["#8a3c00", "#1b6e3c", "#8e2157", "#0b57a4"],
    sequential: [
      "#fdfbf1",
      "#e0e7b7",
      "#add795",
      "#71c689",
      "#31b28d",
      "#2b9892",
      "#307d93",
      "#386290",
      "#424588",
      "#492576",
      "#450255",
    ],
    diverging: [
      "#7f3b08",
      "#b25a09",
      "#dd841f",
      "#f8b664",
      "#fdddb3",
      "#fbf9f5",
      "#d7d7e9",
      "#b0aad0",
      "#8170ac",
      "#552d84",
      "#2d004b",
    ],
  },
  dark: {
    name: "dark",
    panel: "#1e2027",
    text: "#ececf1", // 13.8
    secondText: "#b6b8c4", // 8.2
    line: "#777a88",
    marks: ["#ffb27a", "#7fd6a2", "#f3a1c8", "#7cc0ff"],
    sequential: [
      "#272228",
      "#3d2e4c",
      "#424170",
      "#305b88",
      "#24748a",
      "#198c87",
      "#1ba481",
      "#40bb6d",
      "#78cf4f",
      "#bbdd22",
      "#fce623",
    ],
    diverging: [
      "#ffe0bd",
      "#f9b973",
      "#d98f3f",
      "#a5661f",
      "#634022",
      "#29262b",
      "#44385f",
      "#66529a",
      "#8b76c6",
      "#b6a3e8",
      "#e2d7ff",
    ],
  },
};
