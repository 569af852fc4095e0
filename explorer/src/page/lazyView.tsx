import { useEffect, useState } from "preact/hooks";
import type { JSX } from "preact";

type View = () => JSX.Element;

/** Scripts of views that are not there yet: fetched once the page is quiet, so that all work when the command has ended. */
const later: (() => Promise<unknown>)[] = [];

/** Fetches the scripts of all views, one after the other. */
export async function prefetchViews(): Promise<void> {
  for (const load of later.splice(0)) await load().catch(() => undefined);
}

/** A view whose script is fetched when it is first shown, or before. */
export function lazyView(load: () => Promise<View>): View {
  let loaded: View | null = null;
  const fetched = async () => (loaded ??= await load());
  later.push(fetched);
  return function Lazy() {
    const [View, show] = useState<View | null>(() => loaded);
    const [isLost, lose] = useState(false);
    const open = () => {
      lose(false);
      fetched().then(
        (view) => show(() => view),
        () => lose(true),
      );
    };
    useEffect(() => {
      if (loaded === null) open();
    }, []);
    if (View) return <View />;
    if (!isLost) return <p class="status">Opening</p>;
    return (
      <p role="alert">
        This view could not be fetched: the command that serves this page has ended, or the net is
        gone.{" "}
        <button type="button" class="plain" onClick={open}>
          Try again
        </button>
      </p>
    );
  };
}
