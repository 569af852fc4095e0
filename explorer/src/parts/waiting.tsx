import type { ComponentChildren } from "preact";

interface Props {
  /** What is being measured; null: what is shown is up to date. */
  readonly words: string | null;
  readonly children: ComponentChildren;
}

/** Numbers of an earlier question while those that are asked for are on their way: pale, and said to be the earlier ones. */
export function Waiting({ words, children }: Props) {
  const isWaiting = words !== null;
  return (
    <div class={isWaiting ? "waiting" : undefined} aria-busy={isWaiting}>
      {isWaiting && (
        <p class="waitingFor">
          <span>Measuring {words} … Until then these are the numbers from before.</span>
        </p>
      )}
      {children}
    </div>
  );
}
