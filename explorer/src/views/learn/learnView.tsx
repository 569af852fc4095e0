import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { plural } from "induction-lens/report";
import { TakeAlong } from "../../parts/takeAlong.tsx";
import { usePage } from "../../page/page.ts";
import { useLesson, type Lesson } from "../../parts/lesson.ts";
import { StreamLesson } from "./streamLesson.tsx";
import { VectorsLesson } from "./vectorsLesson.tsx";
import { PatternLesson } from "./patternLesson.tsx";
import { CircuitLesson } from "./circuitLesson.tsx";
import { YoursLesson } from "./yoursLesson.tsx";
import { MarginNotes } from "./glossary.tsx";
import { lessonTaken } from "./exportLesson.ts";
import { useFit, usePresent } from "./usePresent.ts";
import "./learn.css";

const LESSONS: readonly {
  readonly name: string;
  /** What the lesson answers: its title. */
  readonly question: string;
  /** That it takes, about. */
  readonly minutes: number;
  readonly Shown: (props: { lesson: Lesson }) => JSX.Element;
}[] = [
  {
    name: "The stream",
    question: "How does a token become a guess?",
    minutes: 1,
    Shown: StreamLesson,
  },
  {
    name: "Query, key, value",
    question: "How does a head choose?",
    minutes: 2,
    Shown: VectorsLesson,
  },
  {
    name: "From scores to a pattern",
    question: "Where does it look?",
    minutes: 2,
    Shown: PatternLesson,
  },
  {
    name: "Two heads, one circuit",
    question: "How does it copy?",
    minutes: 2,
    Shown: CircuitLesson,
  },
  { name: "Try it", question: "Can you predict it?", minutes: 1, Shown: YoursLesson },
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
  const content = useRef<HTMLDivElement>(null);
  const current = useLesson();
  const at = Math.min(state.lesson, LESSONS.length - 1);
  const { name, question, Shown } = LESSONS[at]!;
  const { title, go } = useTitle(at, (lesson) => {
    if (lesson in LESSONS) change({ lesson }, "new");
  });
  const presenting = usePresent(at, go);
  const [screen, inside] = useFit(presenting.present, at);
  return (
    <section aria-labelledby="lesson" class="lesson" ref={screen}>
      <Progress at={at} go={go} presenting={presenting} />
      <div class="lessonPage" ref={inside}>
        <div class="lessonMain">
          <div class="titled">
            <h2 id="lesson" ref={title} tabIndex={-1}>
              {at + 1} {question}
            </h2>
            {current.lesson && engine && (
              <TakeAlong
                name={`lesson-${at + 1}`}
                take={() =>
                  lessonTaken(
                    current.lesson!,
                    `Lesson ${at + 1}, ${name}`,
                    content.current!,
                    engine,
                  )
                }
              />
            )}
          </div>
          {current.error && <p role="alert">{current.error}</p>}
          {current.lesson ? (
            <div ref={content}>
              <Shown key={`${at} ${current.lesson.facts.id}`} lesson={current.lesson} />
            </div>
          ) : (
            !current.error && <p class="status">Waiting for the model's own numbers</p>
          )}
        </div>
        <MarginNotes lesson={at} />
      </div>
      <p class="ways turn">
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

interface ProgressProps {
  readonly at: number;
  readonly go: (lesson: number) => void;
  readonly presenting: ReturnType<typeof usePresent>;
}

/** The lessons with what each takes and which are done, and the way to a room's screen and back. */
function Progress({ at, go, presenting }: ProgressProps) {
  const { lessonsDone } = usePage();
  const { present, begin, end } = presenting;
  const left = LESSONS.reduce(
    (sum, { minutes }, index) => sum + (lessonsDone.has(index) ? 0 : minutes),
    0,
  );
  return (
    <div class="progress">
      <ol class="ways" aria-label="Lessons">
        {LESSONS.map(({ name, minutes }, index) => (
          <li key={name}>
            <button
              type="button"
              class="plain"
              aria-label={`${index + 1} ${name}`}
              aria-current={index === at ? "step" : undefined}
              onClick={() => go(index)}
            >
              {index + 1} <span class="name">{name}</span>
            </button>
            <small>{lessonsDone.has(index) ? "✓ done" : `${minutes} min`}</small>
          </li>
        ))}
      </ol>
      <p class="status" role="status">
        {lessonsDone.size} of {LESSONS.length} done
        {left > 0 && `, about ${plural(left, "minute")} left`}
      </p>
      <button type="button" class="plain" aria-pressed={present} onClick={present ? end : begin}>
        {present ? "End (Esc); arrow keys step" : "Present"}
      </button>
    </div>
  );
}
