/** @file How an element of our own SVG is painted: the few presentation attributes that our pictures use, as they are inherited. */

/** Lengths in pixels of the SVG; null paints nothing. */
export interface SvgStyle {
  readonly colour: string;
  readonly fill: string | null;
  readonly fillOpacity: number;
  readonly stroke: string | null;
  readonly strokeWidth: number;
  readonly strokeOpacity: number;
  readonly dashes: readonly number[] | null;
  readonly lineCap: "butt" | "round" | "square";
  readonly lineJoin: "miter" | "round" | "bevel";
  readonly fontSize: number;
  readonly textAnchor: "start" | "middle" | "end";
}

/** What SVG says before anybody sets an attribute. */
export const INITIAL_STYLE: SvgStyle = {
  colour: "#000000",
  fill: "#000000",
  fillOpacity: 1,
  stroke: null,
  strokeWidth: 1,
  strokeOpacity: 1,
  dashes: null,
  lineCap: "butt",
  lineJoin: "miter",
  fontSize: 16,
  textAnchor: "start",
};

/** What each attribute changes, given the colour that `currentColor` stands for. */
const CHANGES: Readonly<Record<string, (value: string, colour: string) => Partial<SvgStyle>>> = {
  fill: (value, colour) => ({ fill: paint(value, colour) }),
  "fill-opacity": (value) => ({ fillOpacity: numberOf(value) }),
  stroke: (value, colour) => ({ stroke: paint(value, colour) }),
  "stroke-width": (value) => ({ strokeWidth: numberOf(value) }),
  "stroke-opacity": (value) => ({ strokeOpacity: numberOf(value) }),
  "stroke-dasharray": (value) => ({ dashes: value === "none" ? null : numbersOf(value) }),
  "stroke-linecap": (value) => ({ lineCap: oneOf(value, ["butt", "round", "square"]) }),
  "stroke-linejoin": (value) => ({ lineJoin: oneOf(value, ["miter", "round", "bevel"]) }),
  "font-size": (value) => ({ fontSize: numberOf(value) }),
  "text-anchor": (value) => ({ textAnchor: oneOf(value, ["start", "middle", "end"]) }),
};

/** The style of `element` inside one of style `outer`. */
export function styleOf(element: Element, outer: SvgStyle): SvgStyle {
  const own = element.getAttribute("color");
  let style: SvgStyle = own === null ? outer : { ...outer, colour: paint(own, outer.colour)! };
  for (const { name, value } of element.attributes) {
    const change = CHANGES[name];
    if (change) style = { ...style, ...change(value, style.colour) };
  }
  return style;
}

/** Attributes that `styleOf` reads. */
export const STYLE_ATTRIBUTES: readonly string[] = ["color", ...Object.keys(CHANGES)];

/** All numbers of an attribute such as `4 2` or `translate(3,4.5)`. */
export function numbersOf(value: string): number[] {
  return [...value.matchAll(/-?\d*\.?\d+(?:e[-+]?\d+)?/gi)].map(([digits]) => +digits);
}

/** A number without a unit, or in pixels. */
export function numberOf(value: string): number {
  const number = +value.replace(/px$/, "");
  if (value === "" || !Number.isFinite(number)) throw notOurs(`the number ${value}`);
  return number;
}

/** What an SVG that our drawing kit made cannot hold. */
export function notOurs(what: string): Error {
  return new Error(`internal: a picture has ${what}, which the PDF writer does not know`);
}

function paint(value: string, colour: string): string | null {
  if (value === "none") return null;
  if (value === "currentColor") return colour;
  if (/^#[0-9a-f]{6}$/i.test(value)) return value;
  throw notOurs(`the colour ${value}`);
}

function oneOf<Name extends string>(value: string, names: readonly Name[]): Name {
  const name = names.find((other) => other === value);
  if (name === undefined) throw notOurs(`the value ${value}`);
  return name;
}
