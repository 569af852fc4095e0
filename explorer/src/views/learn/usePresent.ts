/** @file A lesson on the whole screen, for a room: arrow keys step, Escape ends it. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { usePage } from "../../page/page.ts";

/** A step of the lesson that is shown, while it has one more; else the lesson before or after it. */
function step(direction: "back" | "on", go: (lesson: number) => void, at: number): void {
  const button = document.querySelector<HTMLButtonElement>(`[data-step-${direction}]`);
  if (button && !button.disabled) button.click();
  else go(at + (direction === "on" ? 1 : -1));
}

const DIRECTIONS: Readonly<Record<string, "back" | "on">> = {
  ArrowRight: "on",
  PageDown: "on",
  ArrowLeft: "back",
  PageUp: "back",
};

/** How large a lesson is where there is room, how small it gets before it scrolls after all, and in which steps. */
const [MOST_ZOOM, LEAST_ZOOM, ZOOM_STEP] = [1.6, 0.5, 0.05];

/**
 * While a lesson is presented, it is as large as the screen has room for: models and lessons differ in how much there is to show. An
 * answer that comes on top makes it smaller; it grows again with another lesson or another screen.
 */
export function useFit(present: boolean, lesson: number) {
  const [screen, inside] = [useRef<HTMLElement>(null), useRef<HTMLDivElement>(null)];
  useLayoutEffect(() => {
    const [outer, { style }] = [screen.current!, inside.current!];
    if (!present) return;
    let zoom = MOST_ZOOM;
    const shrink = () => {
      style.setProperty("zoom", String(zoom));
      while (outer.scrollHeight > outer.clientHeight && zoom - ZOOM_STEP >= LEAST_ZOOM)
        style.setProperty("zoom", String((zoom -= ZOOM_STEP)));
    };
    const restart = () => {
      zoom = MOST_ZOOM;
      shrink();
    };
    const watch = new ResizeObserver(() => requestAnimationFrame(shrink));
    watch.observe(inside.current!);
    addEventListener("resize", restart);
    return () => {
      watch.disconnect();
      removeEventListener("resize", restart);
      style.removeProperty("zoom");
    };
  }, [present, lesson]);
  return [screen, inside] as const;
}

/**
 * Starts and ends presenting.
 *
 * @param go shows a lesson, if there is one of that number
 */
export function usePresent(at: number, go: (lesson: number) => void) {
  const { state, change } = usePage();
  const { present } = state;
  const end = () => {
    change({ present: false });
    if (document.fullscreenElement) void document.exitFullscreen();
  };
  const latest = useRef({ at, go, end });
  useLayoutEffect(() => {
    latest.current = { at, go, end };
  });
  useEffect(() => {
    if (!present) return;
    const pressed = (event: KeyboardEvent) => {
      const { target } = event;
      if (event.key === "Escape") return latest.current.end();
      const direction = DIRECTIONS[event.key];
      const isOwn = target instanceof Element && target.closest("input, select, [role=listbox]");
      if (!direction || isOwn) return;
      event.preventDefault();
      step(direction, latest.current.go, latest.current.at);
    };
    const left = () => document.fullscreenElement ?? latest.current.end(); // the browser keeps Escape to itself
    addEventListener("keydown", pressed);
    document.addEventListener("fullscreenchange", left);
    return () => {
      removeEventListener("keydown", pressed);
      document.removeEventListener("fullscreenchange", left);
    };
  }, [present]);
  return {
    present,
    end,
    begin: () => {
      change({ present: true });
      void document.documentElement.requestFullscreen?.().catch(() => undefined); // a window does too
    },
  };
}
