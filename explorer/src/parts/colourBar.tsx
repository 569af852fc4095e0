import type { Ramp } from "induction-lens/report";

interface Props {
  readonly ramp: Ramp;
  /** What the ends of the colours stand for, as they are written. */
  readonly ends: readonly [low: string, high: string];
  /** What the colours mean, with the unit. */
  readonly label: string;
  /** A value worth knowing, as a share of the bar, and what it is. */
  readonly mark?: { readonly share: number; readonly label: string };
}

const STOPS = 12;

/** What the colours of a picture mean, as in the pictures of the command line. */
export function ColourBar({ ramp, ends, label, mark }: Props) {
  const stops = Array.from(
    { length: STOPS },
    (_, at) => `rgb(${ramp(at / (STOPS - 1)).join(", ")})`,
  );
  const [low, high] = ends;
  return (
    <div class="colourBar">
      <span>
        {label}
        {mark && `; ┃ ${mark.label}`}
      </span>
      <div>
        <span>{low}</span>
        <i style={{ backgroundImage: `linear-gradient(to right, ${stops.join(", ")})` }}>
          {mark && <b style={{ left: `${100 * mark.share}%` }} />}
        </i>
        <span>{high}</span>
      </div>
    </div>
  );
}
