import { useEffect, useState } from "preact/hooks";
import type { NamedResult, StudyPicture, StudyTable, StudyView } from "induction-lens/report";
import { Figure } from "../../parts/figure.tsx";
import { TakeAlong } from "../../parts/takeAlong.tsx";
import { cellText, columnName } from "./cells.ts";

interface Props {
  readonly entry: NamedResult;
  readonly close: () => void;
}

interface ResultParts {
  readonly view: StudyView;
  readonly pictures: readonly StudyPicture[];
}

/** A Result of the command line, of whatever study, with the sentences, pictures and tables that its report has. */
export function ResultView({ entry, close }: Props) {
  const [shown, show] = useState<ResultParts | null>(null);
  const [problem, say] = useState<string | null>(null);
  useEffect(() => {
    let isWanted = true;
    import("../../export/files.ts")
      .then(({ resultView }) => resultView(entry))
      .then(
        (result) => isWanted && show(result),
        (error: Error) => isWanted && say(error.message),
      );
    return () => void (isWanted = false);
  }, [entry]);
  return (
    <section class="result" aria-labelledby="result">
      <div class="titled">
        <h2 id="result">{shown?.view.title ?? entry.name}</h2>
        {shown && <Take {...shown} entry={entry} />}
      </div>
      <p class="ways">
        <span class="hint">A Result from {entry.name}, as its report has it.</span>
        <button type="button" class="plain small" onClick={close}>
          Close it
        </button>
      </p>
      {problem && <p role="alert">{problem}.</p>}
      {shown && <Body {...shown} />}
    </section>
  );
}

function Take({ view, pictures, entry }: ResultParts & Pick<Props, "entry">) {
  const [picture] = pictures;
  if (!picture) return null;
  return (
    <TakeAlong
      name={entry.name.replace(/\.json$/, "")}
      take={() => ({
        ...{ title: view.title, lines: view.lines, picture, tables: view.tables },
        ...{ result: entry.result, results: [entry] },
      })}
    />
  );
}

function Body({ view, pictures }: ResultParts) {
  return (
    <>
      {view.sentences.map((sentence) => (
        <p key={sentence} class="say">
          {sentence}
        </p>
      ))}
      {[...view.lines, ...view.warnings].map((line) => (
        <p key={line} class="hint">
          {line}
        </p>
      ))}
      {pictures.map((picture) => (
        <div
          key={picture.label}
          class="scroll wide"
          role="group"
          tabIndex={0}
          aria-label={picture.label}
        >
          <Figure picture={picture} />
        </div>
      ))}
      {view.tables.map((table, index) => (
        <details key={table.caption} open={index === 0 && pictures.length === 0}>
          <summary>{table.caption}</summary>
          <Table table={table} />
        </details>
      ))}
    </>
  );
}

/** Rows that a page can hold; downloads have all. */
const MOST_ROWS = 500;

function Table({ table: { caption, columns, rows } }: { readonly table: StudyTable }) {
  return (
    <div class="scroll" role="group" tabIndex={0} aria-label={caption}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={columnName(column)} scope="col">
                {columnName(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST_ROWS).map((row, at) => (
            <tr key={at}>
              {row.map((cell, column) => (
                <td key={column}>{cellText(cell)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > MOST_ROWS && (
        <p class="hint">
          The first {MOST_ROWS} of {rows.length} rows; downloads have all.
        </p>
      )}
    </div>
  );
}
