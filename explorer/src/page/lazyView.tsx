import { useEffect, useState } from "preact/hooks";
import type { JSX } from "preact";

/** A view whose script is fetched when it is first shown. */
export function lazyView(load: () => Promise<() => JSX.Element>): () => JSX.Element {
  let loaded: (() => JSX.Element) | null = null;
  return function Lazy() {
    const [View, show] = useState<(() => JSX.Element) | null>(() => loaded);
    useEffect(() => {
      if (loaded === null)
        void load().then((view) => {
          loaded = view;
          show(() => view);
        });
    }, []);
    return View ? <View /> : <p class="status">Opening</p>;
  };
}
