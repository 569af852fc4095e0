/** @file What `verdict` shows: labelled heads with their reasons, the map of induction attention, the circuit. */
import { plural } from "../../base/plural.ts";
import { UNIT_SCALE } from "../../draw/headScale.ts";
import { headName, headAt } from "../../base/headName.ts";
import type { TEXT_PLACES, VerdictResult } from "./result.ts";
import { share } from "../../draw/numbers.ts";
import { chartPicture } from "../../draw/pictures.ts";
import { ACTING_LABELS, ATTENDING_LABELS, FLAGS, LABELS } from "../../measure/verdict/names.ts";
import { ROUTE_WORDS } from "../../results/causalNames.ts";
import {
  aboutLines,
  headColumn,
  pictureLines,
  pictureName,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";
import { FLAG_WORDS } from "./viewFlags.ts";
import { everyHeadTable } from "./viewEveryHead.ts";
import { seedTables, seedWords } from "./viewSeeds.ts";
import type { CircuitDrawing } from "./viewCircuitParts.ts";

type Head = VerdictResult["heads"][number];

export function verdictView(result: VerdictResult): StudyView {
  const { model, circuit, screened, periods, words } = result;
  const induction = result.heads.filter(({ label }) => label === "induction");
  const drawing = drawingOf(result);
  return {
    title: `Verdict: ${model.id}`,
    lines: [
      ...aboutLines(result),
      `periods ${periods.join(", ")}; controls on the same rows: the second block new (D), the second block reshuffled (R)`,
      screened.candidates.length > 0
        ? `run causally: ${screened.candidates.length} ${screened.candidates.length === 1 ? "head that attends" : "heads that attend"} like induction, ${plural(screened.nullHeads.length, "random head")} of their layers for the null, ${plural(screened.examples.causal, "example")}${screened.quick ? "; quick" : ""}`
        : "run causally: none, since no head attends like induction",
    ],
    sentences: [...words, ...seedWords(result)],
    map: {
      title: "Induction attention by head",
      subtitle: pictureLines(result),
      values: Array.from({ length: model.layers }, (_, layer) =>
        result.heads
          .filter((head) => head.layer === layer)
          .map(({ evidence }) => Math.max(0, evidence.attention.induction.value)),
      ),
      scale: UNIT_SCALE,
      scaleLabel:
        "gain: attention to the token after the earlier copy, less that on controls, 0 to 1",
      ...(induction.length > 0 && { marked: { heads: induction, label: "labelled induction" } }),
      description: words[0]!,
    },
    pictures: drawing
      ? [
          {
            ...chartPicture(drawing, async () => (await import("./viewCircuit.ts")).circuitDrawing),
            figure: { name: "circuit", table: edgeTable(circuit) },
          },
        ]
      : [],
    tables: [
      headTable(result.heads),
      flagTable(result.heads),
      whyTable(result.heads),
      ...(result.worth?.copies ? [worthTable(result)] : []),
      ...(circuit.edges.length > 0 ? [edgeTable(circuit)] : []),
      ...seedTables(result),
      ...(result.text ? [textTable(result.text), textGroupTable(result.text)] : []),
    ],
    everyHead: () => everyHeadTable(result.heads),
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

/** Attention that the label speaks of; null for mixed and other heads. */
export function strengthOf({ label, behaviours, evidence }: Head) {
  if (ATTENDING_LABELS.includes(label)) return evidence.attention.induction;
  const own = behaviours.find((behaviour) => behaviour.name === label);
  return own ? { ...own, value: own.strength } : null;
}

/** Labels in the order of LABELS, in each the strongest head first. */
export function byInterest(heads: readonly Head[]): Head[] {
  const strength = (head: Head) => strengthOf(head)?.value ?? 0;
  return heads.toSorted(
    (a, b) => LABELS.indexOf(a.label) - LABELS.indexOf(b.label) || strength(b) - strength(a),
  );
}

function headTable(heads: readonly Head[]): StudyTable {
  return {
    caption:
      "Heads: attention that the label speaks of, direct effect on the right logit, nats lost with its mean in its place (its size kept), alone and given the other candidates",
    columns: [
      headColumn(),
      "label",
      "strength",
      "low",
      "high",
      { name: "writes", key: "writesLogit" },
      { name: "alone", key: "aloneNats" },
      { name: "given", key: "givenOthersNats" },
      "flags",
    ],
    rows: byInterest(heads).map((head) => {
      const { copying, necessity } = head.evidence;
      const strength = strengthOf(head);
      return [
        { layer: head.layer, head: head.head },
        head.label,
        strength?.value ?? null,
        strength?.low ?? null,
        strength?.high ?? null,
        copying?.effect.value ?? null,
        necessity?.alone.sizedMean.nats.value ?? null,
        necessity?.givenOthers.sizedMean.nats.value ?? null,
        head.flags.join(" "),
      ];
    }),
  };
}

/** Those that occur. */
function flagTable(heads: readonly Head[]): StudyTable {
  const present = FLAGS.filter((flag) => heads.some(({ flags }) => flags.includes(flag)));
  return {
    caption: "What the flags say",
    columns: ["flag", "meaning"],
    rows: present.map((flag) => [flag, FLAG_WORDS[flag]]),
  };
}

function whyTable(heads: readonly Head[]): StudyTable {
  return {
    caption: "Why",
    columns: [headColumn(), "label", "why"],
    rows: byInterest(heads)
      .filter(({ label }) => label !== "other" && label !== "first-token")
      .map((head) => [{ layer: head.layer, head: head.head }, head.label, head.why]),
  };
}

function worthTable({ heads, worth }: VerdictResult): StudyTable {
  const { design, examples, threshold } = worth!;
  const how =
    design!.kind === "exact"
      ? `all ${design!.subsets} subsets`
      : `${design!.pairs} orders and their reverses`;
  return {
    caption: `Which heads matter for the copy gain: Shapley values, nats, from ${how} on ${plural(examples, "row")}; a head matters from ${Math.round(100 * threshold)} % on`,
    columns: [headColumn(), "label", "value", "low", "high", "share", "matters"],
    rows: heads
      .flatMap(({ layer, head, label, worth: own }) => (own ? [{ layer, head, label, own }] : []))
      .sort((a, b) => Math.abs(b.own.value) - Math.abs(a.own.value))
      .map(({ layer, head, label, own: { value, low, high, share: part, matters } }) => [
        ...[{ layer, head }, label, value, low, high, part, matters],
      ]),
  };
}

function edgeTable({ edges }: VerdictResult["circuit"]): StudyTable {
  return {
    caption:
      "Circuit: share of the receiver's stripe (for values: of what it writes) that is lost without the path",
    columns: [
      headColumn("from"),
      "into",
      headColumn("of"),
      "effect",
      "low",
      "high",
      "composition",
      "rank",
    ],
    rows: edges.map(({ from, to, route, effect, low, high, composition, compositionRank }) => [
      headAt(from),
      ROUTE_WORDS[route],
      headAt(to),
      effect,
      low,
      high,
      composition,
      compositionRank,
    ]),
  };
}

const ATTENDS_WORDS = {
  both: "both",
  random: "random tokens only",
  text: "text only",
  neither: "neither",
} as const satisfies Record<(typeof TEXT_PLACES)[number], string>;

function textTable({ heads, uniform }: NonNullable<VerdictResult["text"]>): StudyTable {
  return {
    caption: `On the text: attention to what followed every earlier copy (uniform attention ${share(uniform)}), and nats lost on tokens that come again and elsewhere, with the output on another piece in place`,
    columns: [
      headColumn(),
      { name: "random", key: "randomGain" },
      { name: "text", key: "textAttention" },
      "low",
      "high",
      "attends",
      { name: "again", key: "continuedNats" },
      "low",
      "high",
      { name: "elsewhere", key: "elsewhereNats" },
    ],
    rows: heads.map(({ layer, head, random, attention, attends, continued, elsewhere }) => [
      ...[{ layer, head }, random, attention.value, attention.low, attention.high],
      ATTENDS_WORDS[attends],
      ...[continued?.value ?? null, continued?.low ?? null, continued?.high ?? null],
      elsewhere?.value ?? null,
    ]),
  };
}

function textGroupTable({ groups, heads }: NonNullable<VerdictResult["text"]>): StudyTable {
  return {
    caption: "Repeats of the text by the length of what is repeated, and by how far back it lies",
    columns: ["repeats of", "number", "go on", "even", ...heads.map(headName)],
    rows: groups.map(({ name, repeats, continues, uniform, scores }) => [
      ...[name, repeats, continues, uniform],
      ...scores,
    ]),
    terminalRows: 0,
  };
}

/** Null where nothing acts on what it sees. */
function drawingOf({ heads, circuit, model, words, input }: VerdictResult): CircuitDrawing | null {
  const acting = heads.filter(({ label }) => ACTING_LABELS.includes(label));
  if (acting.length === 0) return null;
  const edges = drawnEdges(circuit.edges);
  const names = new Set([...acting.map(headName), ...edges.flatMap(({ from, to }) => [from, to])]);
  return {
    title: `Circuit: ${pictureName(model.id)}`,
    subtitle: pictureLines({ model, input }),
    nodes: heads.filter((head) => names.has(headName(head))).map(nodeOf),
    edges: edges,
    notes: [
      ...(heads.some(isConvolved)
        ? [
            "Own convolution: the share of its induction attention that a unit loses where its layer's convolution reads the current token alone.",
          ]
        : []),
      ...(edges.length === 0 ? [] : [pathNote(circuit.edges.length, edges.length)]),
    ],
    description: words.join(" "),
  };
}

type JudgedHead = VerdictResult["heads"][number];

const isConvolved = ({ evidence }: JudgedHead) => evidence.mechanism === "convolution";

function nodeOf(head: JudgedHead): CircuitDrawing["nodes"][number] {
  const { layer, label, evidence } = head;
  return {
    ...{ name: headName(head), layer, label },
    ...(isConvolved(head) && { convolution: evidence.convolution?.value }),
  };
}

function pathNote(all: number, count: number): string {
  const rest =
    all > count
      ? ` Of ${all} paths the strongest into each head and those that carry half are drawn; the table has all.`
      : "";
  return `A line is a direct path into keys (whole), queries (dashed) or values (dotted); thicker carries more of its receiver's induction attention, for values of what it writes.${rest}`;
}

type Edge = VerdictResult["circuit"]["edges"][number];
const FEW_EDGES = 12;
const STRONG_EDGE = 0.5;

/** All of a few; of many the strongest into each head and those that carry half. */
function drawnEdges(edges: readonly Edge[]): Edge[] {
  if (edges.length <= FEW_EDGES) return [...edges];
  return edges.filter(
    ({ to, effect }) =>
      effect >= STRONG_EDGE || edges.every((other) => other.to !== to || other.effect <= effect),
  );
}
