import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import type { StudyPicture } from "induction-lens/report";
import { useDrawTheme } from "./drawTheme.ts";
import { useWidth } from "./useWidth.ts";

interface Props {
  readonly picture: StudyPicture;
  readonly chosen?: string;
  /** Heads that are changed. */
  readonly off?: ReadonlySet<string>;
  /** Left out: heads cannot be chosen. */
  readonly choose?: (head: string) => void;
}

const NONE_OFF: ReadonlySet<string> = new Set();

/** A figure of the library on the page, drawn for its place by the code that draws it in exports; boxes of heads are buttons. */
export function Figure({ picture, chosen, off = NONE_OFF, choose }: Props) {
  const theme = useDrawTheme();
  const [place, room] = useWidth<HTMLDivElement>(0);
  const [drawing, tell] = useState<SVGSVGElement | null>(null);
  useEffect(() => {
    if (room === 0) return; // how it is drawn depends on it
    let isWanted = true;
    void picture.draw().then((paint) => {
      if (!isWanted) return;
      const svg = paint(document, { ...theme(), room });
      if (choose) svg.setAttribute("role", "group"); // a picture would hide its buttons from those who listen
      place.current!.replaceChildren(svg);
      tell(svg);
    });
    return () => void (isWanted = false);
  }, [picture, theme, room]);
  useLayoutEffect(() => {
    if (!choose) return;
    for (const box of drawing?.querySelectorAll<SVGElement>("[data-head]") ?? []) {
      const head = box.dataset["head"]!;
      box.setAttribute("role", "button");
      box.setAttribute("tabindex", "0");
      box.setAttribute("aria-pressed", String(head === chosen));
      box.classList.toggle("off", off.has(head));
    }
    for (const path of drawing?.querySelectorAll<SVGElement>("[data-path]") ?? [])
      path.classList.toggle(
        "off",
        path.dataset["path"]!.split(" ").some((head) => off.has(head)),
      );
  });
  const headOf = (event: Event) =>
    (event.target as Element).closest<SVGElement>("[data-head]")?.dataset["head"];
  const light = (head: string | undefined) => {
    for (const path of drawing?.querySelectorAll<SVGElement>("[data-path]") ?? [])
      path.classList.toggle(
        "lit",
        head !== undefined && path.dataset["path"]!.split(" ").includes(head),
      );
  };
  return (
    <div
      ref={place}
      class="figure"
      onClick={(event) => {
        const head = headOf(event);
        if (head) choose?.(head);
      }}
      onKeyDown={(event) => {
        const head = headOf(event);
        if (head === undefined || (event.key !== "Enter" && event.key !== " ")) return;
        event.preventDefault();
        choose?.(head);
      }}
      onPointerOver={(event) => light(headOf(event))}
      onPointerLeave={() => light(undefined)}
      onFocusIn={(event) => light(headOf(event))}
    />
  );
}
