/** @file Making SVG elements in any `document`: the browser's, or a stand-in for it. */

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element with attributes and children; a string child becomes text, a number attribute is written short. */
export function svgNode(
  document: Document,
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  children: readonly (Element | string)[] = [],
): SVGElement {
  const node = document.createElementNS(SVG, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) {
    node.setAttribute(key, typeof value === "number" ? String(+value.toFixed(2)) : value);
  }
  for (const child of children) {
    node.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
  }
  return node;
}
