import { useState } from "preact/hooks";
import type { ExportContent } from "../export/files.ts";
import { usePage } from "../page/page.ts";
import { download } from "./download.ts";

const FORMATS = ["SVG", "PNG", "CSV", "JSON", "HTML"] as const;

interface Props {
  /** Of the files, without ending. */
  readonly name: string;
  /** What is taken, made when it is asked for. */
  readonly take: () => Promise<ExportContent> | ExportContent;
}

/** What a view shows, as a file. What writes files is fetched when the first one is asked for. */
export function TakeAlong({ name, take }: Props) {
  const { announce } = usePage();
  const [problem, say] = useState<string | null>(null);
  const save = async (format: (typeof FORMATS)[number]) => {
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
    <div class="ways" role="group" aria-label="Download this">
      <span class="status">Download:</span>
      {FORMATS.map((format) => (
        <button key={format} type="button" class="plain small" onClick={() => void save(format)}>
          {format}
        </button>
      ))}
      {problem && <p role="alert">{problem}</p>}
    </div>
  );
}
