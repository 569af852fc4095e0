/**
 * @file Runs in a page: tokens that show where they look and who looks at them. It reads a Result from the page and puts
 * nothing of it into the document but text; it needs no network, no storage and no other frame, so that it works in a frame
 * with `sandbox="allow-scripts"`.
 */
import { tokenText } from "../../draw/tokenText.ts";
import type { AttentionPanel, AttentionResult } from "./result.ts";

type ShownResult = Pick<AttentionResult, "heads" | "sequences" | "values">;

/** What one section of the page consists of. */
interface Parts {
  readonly tokens: HTMLElement;
  readonly words: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly chooser: HTMLSelectElement;
  readonly ways: readonly HTMLInputElement[];
  /** The matrix without its outline, drawn once for each head and theme. */
  readonly matrix: HTMLCanvasElement;
}

/** The head that is shown, and how its numbers become colours. */
interface Head {
  readonly panel: AttentionPanel;
  readonly pieces: readonly string[];
  readonly spans: readonly HTMLElement[];
  readonly least: number;
  readonly most: number;
}

for (const section of document.querySelectorAll<HTMLElement>("section.attention")) mount(section);

function mount(section: HTMLElement): void {
  const result = readResult(section);
  const parts = partsOf(section);
  let head = showHead(result, parts);
  let current = head.pieces.length - 1;
  const show = (position: number) => {
    showPosition(head, result, parts, current, position);
    current = position;
  };
  const choose = () => {
    head = showHead(result, parts);
    current = Math.min(current, head.pieces.length - 1);
    show(current);
  };
  listenToTokens(parts, () => ({ current, spans: head.spans }), show);
  parts.canvas.addEventListener("pointermove", (event) => {
    const cell = cellAt(event, parts.canvas, head.pieces.length);
    const position = isByRow(parts) ? cell.query : cell.key;
    if (position !== current) show(position);
    parts.canvas.title = cellWords(head, result, cell);
  });
  parts.chooser.addEventListener("change", choose);
  for (const way of parts.ways) way.addEventListener("change", () => show(current));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", choose);
  show(current);
}

/** The Result in the element that `data-element` names, at the members that `data-path` lists. */
function readResult(section: HTMLElement): ShownResult {
  const { element, path } = section.dataset;
  const members = JSON.parse(path!) as string[];
  const whole: unknown = JSON.parse(document.getElementById(element!)!.textContent);
  return members.reduce(
    (at, member) => (at as Record<string, unknown>)[member],
    whole,
  ) as ShownResult;
}

function partsOf(section: HTMLElement): Parts {
  return {
    tokens: section.querySelector<HTMLElement>(".attention-tokens")!,
    words: section.querySelector<HTMLElement>(".attention-words")!,
    canvas: section.querySelector("canvas")!,
    chooser: section.querySelector("select")!,
    ways: [...section.querySelectorAll<HTMLInputElement>("input[type=radio]")],
    matrix: document.createElement("canvas"),
  };
}

function isByRow({ ways }: Parts): boolean {
  return ways.some((way) => way.checked && way.value === "row");
}

function text(piece: string): string {
  return tokenText(piece, Infinity);
}

function numberText(value: number, { values }: ShownResult): string {
  return values === "pattern" ? value.toFixed(3) : value.toPrecision(3);
}

function valueAt({ panel }: Head, query: number, key: number): number | null {
  return key > query ? null : panel.weights[query]![key]!;
}

/** Puts the tokens and the matrix of the chosen head into the page. */
function showHead({ heads, sequences, values }: ShownResult, parts: Parts): Head {
  const panel = heads[Number(parts.chooser.value)]!;
  const { pieces } = sequences[panel.sequence]!;
  const numbers = panel.weights.flat().filter((value) => value !== null);
  const most = numbers.reduce((best, value) => Math.max(best, value), -Infinity);
  const least = numbers.reduce((best, value) => Math.min(best, value), Infinity);
  const spans = pieces.map((piece, position) => {
    const span = document.createElement("span");
    span.textContent = text(piece);
    span.dataset["position"] = String(position);
    span.tabIndex = -1;
    return span;
  });
  parts.tokens.replaceChildren(
    ...spans.flatMap((span, position) => [
      span,
      pieces[position]!.includes("\n")
        ? document.createElement("br")
        : document.createTextNode("\u200b"),
    ]),
  );
  const head: Head = {
    ...{ panel, pieces, spans },
    least: values === "scores" ? least : 0,
    most: values === "pattern" ? 1 : most,
  };
  paintMatrix(head, parts);
  return head;
}

/** Colours all tokens by what the token at `position` looks at, or by who looks at it, and says so in words. */
function showPosition(
  head: Head,
  result: ShownResult,
  parts: Parts,
  before: number,
  position: number,
): void {
  const { spans, pieces } = head;
  setCurrent(spans[before]!, false);
  setCurrent(spans[position]!, true);
  const isRow = isByRow(parts);
  const values = spans.map((_, other) =>
    isRow ? valueAt(head, position, other) : valueAt(head, other, position),
  );
  const cells = values.flatMap((value, other) => (value === null ? [] : [{ value, other }]));
  const [low, high] = rangeOf(
    cells.map(({ value }) => value),
    head,
    result,
  );
  spans.forEach((span, other) => colourToken(span, other, values[other]!, low, high, result));
  const best = cells
    .sort((cell, other) => other.value - cell.value)
    .slice(0, 5)
    .map(({ value, other }) => `${text(pieces[other]!)} at ${other}: ${numberText(value, result)}`);
  const [subject, verb] = isRow ? ["Query", "looks at"] : ["Key", "is looked at by"];
  parts.words.textContent = `${subject} ${position} ${text(pieces[position]!)} ${verb} ${best.join(", ")}`;
  outline(parts, pieces.length, position, isRow);
}

function setCurrent(span: HTMLElement, isCurrent: boolean): void {
  span.classList.toggle("current", isCurrent);
  span.tabIndex = isCurrent ? 0 : -1;
}

/** Attention has one scale; scores have the range of those that are shown. */
function rangeOf(
  values: readonly number[],
  { least }: Head,
  result: ShownResult,
): [number, number] {
  return result.values === "pattern" ? [0, 1] : [Math.min(least, ...values), Math.max(...values)];
}

function colourToken(
  span: HTMLElement,
  position: number,
  value: number | null,
  low: number,
  high: number,
  result: ShownResult,
): void {
  const percent = value === null ? 0 : Math.round((100 * (value - low)) / (high - low || 1));
  span.style.background =
    percent === 0 ? "" : `color-mix(in srgb, var(--attention) ${percent}%, var(--panel))`;
  span.style.color = percent > 45 ? "var(--panel)" : "";
  span.title = `${position}: ${value === null ? "cannot be seen" : numberText(value, result)}`;
}

const MATRIX_PIXELS = 420;

function paintMatrix(head: Head, { matrix, canvas }: Parts): void {
  const { length } = head.pieces;
  const cell = Math.max(1, Math.floor(MATRIX_PIXELS / length));
  const style = getComputedStyle(document.documentElement);
  matrix.width = matrix.height = canvas.width = canvas.height = length * cell;
  const context = matrix.getContext("2d")!;
  context.fillStyle = style.getPropertyValue("--panel");
  context.fillRect(0, 0, matrix.width, matrix.height);
  context.fillStyle = style.getPropertyValue("--attention");
  for (let query = 0; query < length; query++)
    for (let key = 0; key <= query; key++) {
      const value = valueAt(head, query, key) ?? 0;
      context.globalAlpha = Math.min(
        1,
        Math.max(0, (value - head.least) / (head.most - head.least || 1)),
      );
      context.fillRect(key * cell, query * cell, cell, cell);
    }
}

function outline(
  { canvas, matrix }: Parts,
  length: number,
  position: number,
  isRow: boolean,
): void {
  const context = canvas.getContext("2d")!;
  const cell = canvas.width / length;
  const place = position * cell - 0.5;
  context.drawImage(matrix, 0, 0);
  context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--text");
  if (isRow) context.strokeRect(0.5, place, canvas.width - 1, cell + 1);
  else context.strokeRect(place, 0.5, cell + 1, canvas.height - 1);
}

interface Walk {
  readonly current: number;
  readonly spans: readonly HTMLElement[];
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowDown: 1,
  ArrowLeft: -1,
  ArrowUp: -1,
};

/** A token is shown when it is pointed at, clicked or walked to. */
function listenToTokens(
  { tokens }: Parts,
  walk: () => Walk,
  show: (position: number) => void,
): void {
  const react = ({ target }: Event) => {
    const position = target instanceof HTMLElement ? target.dataset["position"] : undefined;
    if (position !== undefined) show(Number(position));
  };
  for (const name of ["pointerover", "click", "focusin"]) tokens.addEventListener(name, react);
  tokens.addEventListener("keydown", (event) => {
    const { current, spans } = walk();
    const next = spans[current + (STEPS[event.key] ?? NaN)];
    if (!next) return;
    event.preventDefault();
    show(Number(next.dataset["position"]));
    next.focus();
  });
}

interface MatrixCell {
  readonly query: number;
  readonly key: number;
}

function cellAt(event: PointerEvent, canvas: HTMLCanvasElement, length: number): MatrixCell {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const index = (offset: number, whole: number) =>
    Math.min(length - 1, Math.max(0, Math.floor((offset / whole) * length)));
  return {
    query: index(event.clientY - top, height),
    key: index(event.clientX - left, width),
  };
}

function cellWords(head: Head, result: ShownResult, { query, key }: MatrixCell): string {
  const { pieces } = head;
  const value = valueAt(head, query, key);
  const number = value === null ? "cannot be seen" : numberText(value, result);
  return `query ${query} ${text(pieces[query]!)}, key ${key} ${text(pieces[key]!)}: ${number}`;
}
