import { useEffect, useRef, useState } from "preact/hooks";
import type { ExportContent } from "../export/files.ts";
import { usePage } from "../page/page.ts";
import { download } from "./download.ts";
import { useFold } from "./useFold.ts";

const FORMATS = {
  SVG: "drawing",
  PNG: "picture",
  CSV: "table",
  JSON: "all numbers",
  HTML: "page, works offline",
} as const;
type Format = keyof typeof FORMATS;

interface Props {
  /** Of the files, without ending. */
  readonly name: string;
  /** What is taken, made when it is asked for. */
  readonly take: () => Promise<ExportContent> | ExportContent;
}

/** What a view shows, as a file: a button and what it opens. What writes files is fetched when the first one is asked for. */
export function TakeAlong({ name, take }: Props) {
  const { announce } = usePage();
  const [problem, say] = useState<string | null>(null);
  const { open, close, box, button } = useFold({ isMenu: true });
  const save = async (format: Format) => {
    close();
    try {
      const { writeFormat } = await import("../export/files.ts");
      const { type, content } = await writeFormat(await take(), format);
      download(`${name}.${format.toLowerCase()}`, type, content);
      announce(`${name}.${format.toLowerCase()} is saved.`);
      say(null);
    } catch (error) {
      say(`${format} could not be made: ${(error as Error).message}`);
    }
  };
  return (
    <div class="take" {...box}>
      <button type="button" class="plain small" {...button}>
        Download <span aria-hidden="true">▾</span>
      </button>
      {open && <Formats save={(format) => void save(format)} />}
      {problem && <p role="alert">{problem}</p>}
    </div>
  );
}

/** By how many buttons each key goes on. */
const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

/** Tab goes through the formats as through all buttons, arrows from the last to the first too. */
function Formats({ save }: { readonly save: (format: Format) => void }) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => list.current!.querySelector("button")!.focus(), []);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault(); // the page stays where it is
    const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons.at((at + step) % buttons.length)!.focus();
  };
  return (
    <div class="formats" role="group" aria-label="Download as" {...{ ref: list, onKeyDown }}>
      {(Object.keys(FORMATS) as Format[]).map((format) => (
        <button key={format} type="button" class="plain" onClick={() => save(format)}>
          <b>{format}</b> {FORMATS[format]}
        </button>
      ))}
    </div>
  );
}
