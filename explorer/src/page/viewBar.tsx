import { VIEWS, type ViewName } from "./address.ts";
import { usePage } from "./page.ts";

export const VIEW_TITLES: Readonly<
  Record<ViewName, { readonly glyph: string; readonly name: string }>
> = {
  start: { glyph: "⌂", name: "Start" },
  learn: { glyph: "✎", name: "Learn" },
  heads: { glyph: "▦", name: "Heads" },
  attention: { glyph: "⤺", name: "Attention" },
  surgery: { glyph: "✂", name: "Surgery" },
  lab: { glyph: "∿", name: "Lab" },
};

/** The views: a bar on the left, at the bottom where the page is narrow. */
export function ViewBar() {
  const { state, change } = usePage();
  return (
    <nav class="views" aria-label="Views">
      {VIEWS.map((view) => (
        <button
          key={view}
          type="button"
          class="plain"
          aria-current={state.view === view ? "page" : undefined}
          onClick={() => change({ view }, "new")}
        >
          <span aria-hidden="true">{VIEW_TITLES[view].glyph}</span> {VIEW_TITLES[view].name}
        </button>
      ))}
    </nav>
  );
}
