import { range, ticks } from "d3-array";
import { tickText, wholeTicks } from "induction-lens/report";
import { useWidth } from "./useWidth.ts";

export interface Series {
  readonly name: string;
  /** A class of the style sheet: colour and dashes, so that lines differ in both. */
  readonly kind: "first" | "second" | "third" | "fourth";
  readonly points: readonly (readonly [x: number, y: number])[];
}

interface Props {
  readonly label: string;
  readonly xName: string;
  readonly yName: string;
  readonly series: readonly Series[];
  /** Vertical strokes with a word, such as where the second copy begins. */
  readonly strokes?: readonly { readonly x: number; readonly name: string }[];
  readonly height?: number;
  /** Bottom of the scale; left out: 0. */
  readonly least?: number;
  readonly most?: number;
  readonly log?: boolean;
}

const [LEFT, RIGHT, TOP, BOTTOM] = [44, 12, 26, 40];

/** Lines over a common axis, drawn at the size at which they are read; every chart has its numbers in a table beside it. */
export function LineChart(props: Props) {
  const { label, xName, yName, series, strokes = [], height = 240, log = false } = props;
  const [box, width] = useWidth<HTMLDivElement>();
  const points = series.flatMap((line) => line.points);
  const xs = points.map(([x]) => x);
  const { least = 0, most = Math.max(...points.map(([, y]) => y), least + 1e-6) } = props;
  const place = (x: number) => (log ? Math.log10(Math.max(1, x)) : x);
  const [from, to] = [place(Math.min(...xs)), place(Math.max(...xs))];
  const left = (x: number) =>
    LEFT + ((place(x) - from) / Math.max(1e-9, to - from)) * (width - LEFT - RIGHT);
  const top = (y: number) => TOP + (1 - (y - least) / (most - least)) * (height - TOP - BOTTOM);
  const path = (line: Series) =>
    line.points.map(
      ([x, y], index) => `${index ? "L" : "M"}${left(x).toFixed(1)} ${top(y).toFixed(1)}`,
    );
  return (
    <div ref={box} class="chart">
      <svg role="img" aria-label={label} width={width} height={height}>
        {ticks(least, most, 5).map((y) => (
          <g key={y}>
            <line class="rule" x1={LEFT} x2={width - RIGHT} y1={top(y)} y2={top(y)} />
            <text x={LEFT - 6} y={top(y) + 4} text-anchor="end">
              {tickText(y)}
            </text>
          </g>
        ))}
        {xTicks(from, to, log, width).map((x) => (
          <text key={x} x={left(x)} y={height - BOTTOM + 16} text-anchor="middle">
            {tickText(x)}
          </text>
        ))}
        <text x={(LEFT + width) / 2} y={height - 6} text-anchor="middle">
          {xName}
        </text>
        <text x={4} y={12}>
          {yName}
        </text>
        {series.map((line) => (
          <path key={line.name} class={`series ${line.kind}`} d={path(line).join("")} />
        ))}
        {strokes.map(({ x, name }, row) => (
          <Stroke key={name} at={left(x)} {...{ name, row, width, height }} />
        ))}
      </svg>
      <Key series={series} />
    </div>
  );
}

interface StrokeProps {
  /** Pixels from the left. */
  readonly at: number;
  readonly name: string;
  /** Words of strokes stand below each other. */
  readonly row: number;
  readonly width: number;
  readonly height: number;
}

function Stroke({ at, name, row, width, height }: StrokeProps) {
  return (
    <g>
      <line class="stroke" x1={at} x2={at} y1={TOP} y2={height - BOTTOM} />
      {at > 0.7 * width ? (
        <text x={at - 4} y={TOP + 10 + 14 * row} text-anchor="end">
          {name}
        </text>
      ) : (
        <text x={at + 4} y={TOP + 10 + 14 * row}>
          {name}
        </text>
      )}
    </g>
  );
}

function Key({ series }: Pick<Props, "series">) {
  return (
    <ul class="key">
      {series.map(({ name, kind }) => (
        <li key={name}>
          <svg width="28" height="10" aria-hidden="true">
            <path class={`series ${kind}`} d="M0 5L28 5" />
          </svg>{" "}
          {name}
        </li>
      ))}
    </ul>
  );
}

function xTicks(from: number, to: number, log: boolean, width: number): number[] {
  if (log) return range(Math.ceil(from), Math.floor(to) + 1).map((power) => 10 ** power);
  return wholeTicks(from, to, Math.max(2, Math.min(8, width / 80)));
}
