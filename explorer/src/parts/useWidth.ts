import { useEffect, useRef, useState } from "preact/hooks";

/** The width of an element in px, followed as it changes: charts are drawn at the size at which they are read. */
export function useWidth<Kind extends HTMLElement>(start = 600) {
  const element = useRef<Kind>(null);
  const [width, set] = useState(start);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => {
      const pixels = Math.round(entry!.contentRect.width);
      if (pixels > 0) set(pixels); // 0 while its view is not the one that is shown
    });
    watch.observe(element.current!);
    return () => watch.disconnect();
  }, []);
  return [element, width] as const;
}
