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
