/** @file What a drawn circuit consists of, and where its parts are. */
export interface CircuitNode {
  readonly name: string;
  readonly layer: number;
  readonly label: string;
  /** Share of its stripe that the convolution of its own layer carries; left out: its layer has none, or it does not. */
  readonly convolution?: number | undefined;
}

export interface CircuitEdge {
  readonly from: string;
  readonly to: string;
  readonly route: "q" | "k" | "v";
  /** Share of the receiver's stripe; 1 is all of it. */
  readonly effect: number;
}

export interface CircuitDrawing {
  readonly title: string;
  readonly subtitle: readonly string[];
  readonly nodes: readonly CircuitNode[];
  readonly edges: readonly CircuitEdge[];
  readonly notes: readonly string[];
  readonly description: string;
}

/** A head with what its box says. */
export interface SizedNode extends CircuitNode {
  readonly height: number;
  /** What feeds the head, one line a route: "keys 0.0 .88, 0.2 .24". */
  readonly feedLines: readonly string[];
}

export interface PlacedNode extends SizedNode {
  readonly x: number;
  readonly y: number;
}

/** Where everything of a drawn circuit is. */
export interface CircuitLayout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PlacedNode[];
  readonly headings: readonly {
    readonly layer: number;
    readonly x: number;
    readonly y: number;
    readonly anchor: "start" | "middle";
  }[];
  /** The line of a path, as the `d` of an SVG path. */
  readonly pathOf: (edge: CircuitEdge) => string;
}
