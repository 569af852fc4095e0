import { useEffect, useState } from "preact/hooks";
import type { JSX } from "preact";

/** What fills the page, or a part of it. */
export type View<Props extends object = object> = (props: Props) => JSX.Element;

/** Scripts of views that are not there yet: fetched once the page is quiet, so that all work when the command has ended. */
const later: (() => Promise<unknown>)[] = [];

/** Fetches the scripts of all views, one after the other. */
export async function prefetchViews(): Promise<void> {
  for (const load of later.splice(0)) await load().catch(() => undefined);
}

/** A view whose script is fetched when it is first shown, or before. */
export function lazyView<Props extends object = object>(
  load: () => Promise<View<Props>>,
): View<Props> {
  let loaded: View<Props> | null = null;
  const fetched = async () => (loaded ??= await load());
  later.push(fetched);
  return function Lazy(props: Props) {
    const [View, show] = useState<View<Props> | null>(() => loaded);
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
    if (View) return <View {...props} />;
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
