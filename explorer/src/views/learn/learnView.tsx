import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { TakeAlong } from "../../parts/takeAlong.tsx";
import { usePage } from "../../page/page.ts";
import { useLesson, type Lesson } from "../../parts/lesson.ts";
import { StreamLesson } from "./streamLesson.tsx";
import { VectorsLesson } from "./vectorsLesson.tsx";
import { PatternLesson } from "./patternLesson.tsx";
import { CircuitLesson } from "./circuitLesson.tsx";
import { YoursLesson } from "./yoursLesson.tsx";
import { Words } from "./glossary.tsx";
import { lessonTaken } from "./taken.ts";
import "./learn.css";

const LESSONS: readonly {
  readonly name: string;
  /** What the lesson answers: its title. */
  readonly question: string;
  readonly Shown: (props: { lesson: Lesson }) => JSX.Element;
}[] = [
  { name: "The stream", question: "How does a token become a guess?", Shown: StreamLesson },
  { name: "Query, key, value", question: "How does a head choose?", Shown: VectorsLesson },
  { name: "From scores to a pattern", question: "Where does it look?", Shown: PatternLesson },
  { name: "Two heads, one circuit", question: "How does it copy?", Shown: CircuitLesson },
  { name: "Try it", question: "Can you predict it?", Shown: YoursLesson },
];

/** Another lesson begins at its title, which then has the focus. */
function useTitle(at: number, change: (lesson: number) => void) {
  const title = useRef<HTMLHeadingElement>(null);
  const went = useRef(false);
  useEffect(() => {
    if (!went.current) return;
    title.current!.focus({ preventScroll: true });
    title.current!.scrollIntoView();
  }, [at]);
  const go = (lesson: number) => {
    went.current = true;
    change(lesson);
  };
  return { title, go };
}

/** Five short lessons on the open model's own numbers, one at a time. */
export function LearnView() {
  const { state, change, engine } = usePage();
  const shown = useRef<HTMLDivElement>(null);
  const found = useLesson();
  const at = Math.min(state.lesson, LESSONS.length - 1);
  const { name, question, Shown } = LESSONS[at]!;
  const { title, go } = useTitle(at, (lesson) => change({ lesson }, "new"));
  return (
    <section aria-labelledby="lesson" class="lesson">
      <ol class="ways" aria-label="Lessons">
        {LESSONS.map((one, index) => (
          <li key={one.name}>
            <button
              type="button"
              class="plain"
              aria-label={`${index + 1} ${one.name}`}
              aria-current={index === at ? "step" : undefined}
              onClick={() => go(index)}
            >
              {index + 1} <span class="name">{one.name}</span>
            </button>
          </li>
        ))}
      </ol>
      <h2 id="lesson" ref={title} tabIndex={-1}>
        {at + 1} {question}
      </h2>
      {found.error && <p role="alert">{found.error}</p>}
      {found.lesson ? (
        <div ref={shown}>
          <Shown key={`${at} ${found.lesson.facts.id}`} lesson={found.lesson} />
        </div>
      ) : (
        !found.error && <p class="status">Waiting for the model's own numbers</p>
      )}
      <Words />
      {found.lesson && engine && (
        <TakeAlong
          name={`lesson-${at + 1}`}
          take={() =>
            lessonTaken(found.lesson!, `Lesson ${at + 1}, ${name}`, shown.current!, engine)
          }
        />
      )}
      <p class="ways">
        <button type="button" class="plain" disabled={at === 0} onClick={() => go(at - 1)}>
          Back
        </button>
        <button type="button" disabled={at === LESSONS.length - 1} onClick={() => go(at + 1)}>
          Next lesson
        </button>
      </p>
    </section>
  );
}
