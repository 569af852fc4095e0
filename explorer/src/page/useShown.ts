import { useLayoutEffect, useRef } from "preact/hooks";
import type { Engine } from "../engine/client.ts";
import { usePage } from "./page.ts";

/** What is asked for, once it is there; until then what was shown last of the same model, and that it is the earlier one. */
export function useShown<Value>(current: Value | null) {
  const { engine } = usePage();
  const last = useRef<{ readonly engine: Engine | null; readonly value: Value } | null>(null);
  useLayoutEffect(() => {
    if (current !== null) last.current = { engine, value: current };
  });
  const earlier = last.current?.engine === engine ? last.current.value : null;
  return { value: current ?? earlier, isCurrent: current !== null };
}
