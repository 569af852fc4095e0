/**
 * @file Collects ONNX nodes and initializers while a Program is lowered: equal constants and equal nodes are made once, and
 * reshapes of reshapes start from what was there before. An engine takes .2 ms for each node when a session is made.
 */
import type { Axis, NumberType } from "../axes.ts";
import type { Weight } from "../program.ts";
import type {
  Attribute,
  DataType,
  HalfWeight,
  OnnxInitializer,
  OnnxNode,
  OnnxValue,
} from "./model.ts";

/** A tensor of the ONNX graph and the axes it has there. */
export interface Handle {
  readonly tensor: string;
  /** Left out: float32. */
  readonly type?: NumberType | undefined;
  readonly axes: readonly Axis[];
  /** Set if it is a weight as stored: its bytes can be declared with other sizes at no cost. */
  readonly weight?: Weight | undefined;
}

/** The same numbers with other sizes. */
export interface ReshapedTensor {
  readonly tensor: string;
  /** Each dimension a product of sizes. */
  readonly sizes: readonly (readonly (number | string)[])[];
}

/** What weights are multiplied as. */
export type Products = "float32" | "float16" | "eightBits";

export type Emitter = ReturnType<typeof emitter>;

/**
 * @param symbols for each symbol, a graph input that has it and at which axis
 * @param has which of ONNX Runtime's own operators are at hand: FusedMatMul, which scales and turns matrices on the way, and
 *   MatMulNBits, which multiplies weights of four bits; what all weights are rounded to for their products; and
 *   which weights are float16 between runs
 */
export function emitter(
  symbols: ReadonlyMap<string, { readonly input: string; readonly axis: number }>,
  has: {
    readonly fusedMatMul: boolean;
    readonly matMulNBits: boolean;
    /** Whether SimplifiedLayerNormalization says what it divided by. */
    readonly rmsScale: boolean;
    readonly products: Products;
    readonly halves: ReadonlyMap<string, HalfWeight>;
  },
) {
  const nodes: OnnxNode[] = [];
  const initializers = new Map<string, OnnxInitializer>();
  const computed = new Map<string, string>();
  let count = 0;

  /** The output of a node; without a name of its own, that of an equal node where there is one. */
  const node = (
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output?: string,
    domain = "",
    more: readonly string[] = [],
  ): string => {
    const make = (name: string) => {
      const outputs = [name, ...more];
      nodes.push({ type, inputs, outputs, attributes, ...(domain && { domain }) });
      return name;
    };
    if (output !== undefined) return make(output);
    const key = `node ${domain} ${type} ${JSON.stringify([inputs, attributes])}`;
    return once(key, () => make(`${type}_${count++}`));
  };
  /** A value that several places need, made at its first use; later uses follow it because nodes stay in order. */
  const once = (key: string, make: () => string): string => {
    const earlier = computed.get(key);
    if (earlier !== undefined) return earlier;
    const value = make();
    computed.set(key, value);
    return value;
  };
  /** The length of a symbol as an int64 vector of one entry. */
  const lengthOf = (symbol: string): string =>
    once(`length ${symbol}`, () => {
      const from = symbols.get(symbol);
      if (!from) throw new Error(`internal: no input has the axis size ${symbol}`);
      return node("Shape", [from.input], { start: from.axis, end: from.axis + 1 });
    });

  return {
    has,
    nodes,
    initializers,
    /** What tensors that a reshape made were before it. */
    reshapes: new Map<string, ReshapedTensor>(),
    /** Sizes that the engine cannot find out by itself. */
    values: new Map<string, OnnxValue>(),
    node,
    once,
    lengthOf,
    ...constants(initializers),
  };
}

/** Numbers of the graph itself; equal ones are there once. */
function constants(initializers: Map<string, OnnxInitializer>) {
  const constant = (type: DataType, dims: readonly number[], data: Uint8Array): string => {
    const name = `const_${type}_${dims.join("x")}_${fingerprint(data)}`;
    initializers.set(name, { name, type, dims, data });
    return name;
  };
  const int64 = (values: readonly number[]) =>
    new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
  return {
    constant,
    floats: (values: readonly number[], dims: readonly number[] = [values.length]) =>
      constant("float32", dims, new Uint8Array(Float32Array.from(values).buffer)),
    integers: (values: readonly number[]) => constant("int64", [values.length], int64(values)),
    scalar: (value: number) => constant("int64", [], int64([value])),
  };
}

/** Equal bytes get equal names: two 32-bit FNV-1a hashes, ample for the few constants of one graph; the size is in the name too. */
function fingerprint(data: Uint8Array): string {
  let [low, two] = [0x811c9dc5, 0x9747b28c];
  for (const byte of data) {
    low = Math.imul(low ^ byte, 0x01000193);
    two = Math.imul(two ^ byte, 0x85ebca6b) ^ (two >>> 15);
  }
  return [low, two].map((hash) => (hash >>> 0).toString(16).padStart(8, "0")).join("");
}
