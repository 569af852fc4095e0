import { range, ticks } from "d3-array";
import { tickText, wholeTicks } from "induction-lens/report";
import { dragging, HandleLine, type Handle } from "./chartHandle.tsx";
import { useWidth } from "./useWidth.ts";

export interface Series {
  readonly name: string;
  /** A class of the style sheet: colour and dashes, so that lines differ in both. */
  readonly kind: "first" | "second" | "third" | "fourth" | "ghost";
  readonly points: readonly (readonly [x: number, y: number])[];
}

interface Props {
  readonly label: string;
  readonly xName: string;
  readonly yName: string;
  readonly series: readonly Series[];
  /** Vertical strokes with a word above the frame, such as where the second copy begins. */
  readonly strokes?: readonly { readonly x: number; readonly name: string }[];
  /** A stretch of the axis behind the curves, such as an interval. */
  readonly band?: readonly [from: number, to: number] | null;
  readonly handle?: Handle | null;
  /** Words for what lies between the first two series, which is then filled; both have the same places. */
  readonly between?: string | undefined;
  readonly height?: number;
  /** Bottom of the scale; left out: 0. */
  readonly least?: number;
  readonly most?: number;
  readonly log?: boolean;
}

const [LEFT, RIGHT, TOP, BOTTOM] = [44, 12, 22, 40];
/** Height of a word above the frame. */
const WORD = 16;

type Layout = ReturnType<typeof layoutOf>;

/** Lines over a common axis, drawn at the size at which they are read; every chart has its numbers in a table beside it. */
export function LineChart(props: Props) {
  const { label, xName, yName, series, strokes = [], band = null, handle = null, between } = props;
  const [box, width] = useWidth<HTMLDivElement>();
  const layout = layoutOf(props, width);
  const { left, top, frame, height } = layout;
  const path = (line: Series) =>
    line.points.map(
      ([x, y], index) => `${index ? "L" : "M"}${left(x).toFixed(1)} ${top(y).toFixed(1)}`,
    );
  return (
    <div ref={box} class="chart">
      <svg
        class={handle ? "dragged" : undefined}
        role={handle ? "group" : "img"}
        aria-label={label}
        width={width}
        height={height}
        {...dragging(handle, left)}
      >
        <Axes {...{ layout, xName, yName, width }} />
        {band && (
          <rect
            class="band"
            x={left(band[0])}
            y={frame.top}
            width={left(band[1]) - left(band[0])}
            height={frame.bottom - frame.top}
          />
        )}
        {between && <path class="between" d={areaOf(series, layout)} />}
        {series.map((line) => (
          <path key={line.name} class={`series ${line.kind}`} d={path(line).join("")} />
        ))}
        {strokes.map(({ x, name }, row) => (
          <Stroke key={row} at={left(x)} {...{ name, row, width, frame }} />
        ))}
        {handle && <HandleLine handle={handle} x={left(handle.xs[handle.at]!)} {...frame} />}
      </svg>
      <Key series={series} between={between} />
    </div>
  );
}

/** The outline of what lies between the first two series: along one, and back along the other. */
function areaOf([first, second]: readonly Series[], { left, top }: Layout): string {
  const there = first?.points ?? [];
  const back = second?.points.toReversed() ?? [];
  const corners = [...there, ...back].map(([x, y]) => `${left(x).toFixed(1)} ${top(y).toFixed(1)}`);
  return `M${corners.join("L")}Z`;
}

/** Where numbers lie in the picture, in pixels. */
function layoutOf(
  { series, strokes = [], height = 240, log = false, least = 0, ...props }: Props,
  width: number,
) {
  const points = series.flatMap((line) => line.points);
  const xs = points.map(([x]) => x);
  const { most = Math.max(...points.map(([, y]) => y), least + 1e-6) } = props;
  const place = (x: number) => (log ? Math.log10(Math.max(1, x)) : x);
  const [from, to] = [place(Math.min(...xs)), place(Math.max(...xs))];
  const frame = { top: TOP + WORD * strokes.length, bottom: height - BOTTOM };
  const room = width - LEFT - RIGHT;
  return {
    height,
    frame,
    left: (x: number) => LEFT + ((place(x) - from) / Math.max(1e-9, to - from)) * room,
    top: (y: number) => frame.top + (1 - (y - least) / (most - least)) * (frame.bottom - frame.top),
    xTicks: xTicks(from, to, log, width),
    yTicks: ticks(least, most, 5),
  };
}

interface AxesProps extends Pick<Props, "xName" | "yName"> {
  readonly layout: Layout;
  readonly width: number;
}

function Axes({ layout, xName, yName, width }: AxesProps) {
  const { left, top, frame, height } = layout;
  return (
    <>
      {layout.yTicks.map((y) => (
        <g key={y}>
          <line class="rule" x1={LEFT} x2={width - RIGHT} y1={top(y)} y2={top(y)} />
          <text x={LEFT - 6} y={top(y) + 4} text-anchor="end">
            {tickText(y)}
          </text>
        </g>
      ))}
      {layout.xTicks.map((x) => (
        <text key={x} x={left(x)} y={frame.bottom + 20} text-anchor="middle">
          {tickText(x)}
        </text>
      ))}
      <text x={(LEFT + width) / 2} y={height - 4} text-anchor="middle">
        {xName}
      </text>
      <text x={4} y={12}>
        {yName}
      </text>
    </>
  );
}

interface StrokeProps {
  /** Pixels from the left. */
  readonly at: number;
  readonly name: string;
  /** Words of strokes stand below each other. */
  readonly row: number;
  readonly width: number;
  readonly frame: Layout["frame"];
}

function Stroke({ at, name, row, width, frame }: StrokeProps) {
  const y = TOP + WORD * row + 6;
  return (
    <g>
      <line class="stroke" x1={at} x2={at} y1={y - 8} y2={frame.bottom} />
      {at > 0.7 * width ? (
        <text x={at - 4} y={y} text-anchor="end">
          {name}
        </text>
      ) : (
        <text x={at + 4} y={y}>
          {name}
        </text>
      )}
    </g>
  );
}

function Key({ series, between }: Pick<Props, "series" | "between">) {
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
      {between && (
        <li>
          <svg width="28" height="12" aria-hidden="true">
            <rect class="between" width="28" height="12" />
          </svg>{" "}
          {between}
        </li>
      )}
    </ul>
  );
}

function xTicks(from: number, to: number, log: boolean, width: number): number[] {
  if (log) return range(Math.ceil(from), Math.floor(to) + 1).map((power) => 10 ** power);
  return wholeTicks(from, to, Math.max(2, Math.min(8, width / 80)));
}
