import type { ViewName } from "./address.ts";
import { usePage } from "./page.ts";

const ITEMS: readonly (readonly [ViewName, string, string])[] = [
  ["start", "⌂", "Start"],
  ["learn", "✎", "Learn"],
  ["heads", "▦", "Heads"],
  ["attention", "⤺", "Attention"],
  ["surgery", "✂", "Surgery"],
  ["lab", "∿", "Lab"],
];

/** The five views: a bar on the left, at the bottom where the page is narrow. */
export function ViewBar() {
  const { state, change } = usePage();
  return (
    <nav class="views" aria-label="Views">
      {ITEMS.map(([view, glyph, name]) => (
        <button
          key={view}
          type="button"
          class="plain"
          aria-current={state.view === view ? "page" : undefined}
          onClick={() => change({ view }, "new")}
        >
          <span aria-hidden="true">{glyph}</span> {name}
        </button>
      ))}
    </nav>
  );
}
