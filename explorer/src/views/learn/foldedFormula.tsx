import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { usePage } from "../../page/page.ts";

/** The formula and the library call behind what a lesson shows, for those who ask. */
export function FoldedFormula({
  formula,
  call,
}: {
  readonly formula: string;
  readonly call: string;
}) {
  return (
    <details class="folded">
      <summary>Formula and library call</summary>
      <p>
        <code>{formula}</code>
      </p>
      <pre role="group" tabIndex={0} aria-label="Library call">
        <code>{call}</code>
      </pre>
    </details>
  );
}

/** What the reader does at the end of a lesson, and what came of it. */
export function Task({
  children,
  result,
}: {
  readonly children: ComponentChildren;
  readonly result: string | null;
}) {
  const { state, finishLesson } = usePage();
  const isDone = result !== null;
  useEffect(() => {
    if (isDone) finishLesson(state.lesson);
  }, [isDone]);
  return (
    <div class="task">
      <h3>Your turn</h3>
      {children}
      <p role="status" class="say" data-result={result === null ? "open" : "given"}>
        {result}
      </p>
    </div>
  );
}
