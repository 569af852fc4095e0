/** @file Collects ONNX nodes and initializers while a Program is lowered: constants are shared, shapes computed once. */
import type { Axis, Weight } from "../program.ts";
import type { Attribute, DataType, OnnxInitializer, OnnxNode } from "./model.ts";

/** A tensor of the ONNX graph and the axes it has there. */
export interface Handle {
  readonly tensor: string;
  readonly axes: readonly Axis[];
  /** Set if it is a weight as stored: its bytes can be declared with other sizes at no cost. */
  readonly weight?: Weight;
}

export type Emitter = ReturnType<typeof emitter>;

/**
 * @param symbols for each symbol, a graph input that has it and at which axis
 * @param fuses whether ONNX Runtime's own FusedMatMul is at hand, which scales and turns matrices on the way
 */
export function emitter(
  symbols: ReadonlyMap<string, { readonly input: string; readonly axis: number }>,
  fuses = true,
) {
  const nodes: OnnxNode[] = [];
  const initializers = new Map<string, OnnxInitializer>();
  const computed = new Map<string, string>();
  let count = 0;

  const node = (
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output = `${type}_${count++}`,
    domain = "",
    more: readonly string[] = [],
  ): string => {
    const outputs = [output, ...more];
    nodes.push({ type, inputs, outputs, attributes, ...(domain && { domain }) });
    return output;
  };
  const constant = (type: DataType, dims: readonly number[], data: Uint8Array): string => {
    const name = `const_${type}_${dims.join("x")}_${fingerprint(data)}`;
    initializers.set(name, { name, type, dims, data });
    return name;
  };
  /** A value that several places need, made at its first use; later uses follow it because nodes stay in order. */
  const once = (key: string, make: () => string): string => {
    const known = computed.get(key);
    if (known !== undefined) return known;
    const made = make();
    computed.set(key, made);
    return made;
  };
  const floats = (values: readonly number[], dims: readonly number[] = [values.length]) =>
    constant("float32", dims, new Uint8Array(Float32Array.from(values).buffer));
  const integers = (values: readonly number[]) =>
    constant(
      "int64",
      [values.length],
      new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer),
    );

  const scalar = (value: number) =>
    constant("int64", [], new Uint8Array(BigInt64Array.of(BigInt(value)).buffer));

  /** The length of a symbol as an int64 vector of one entry. */
  const lengthOf = (symbol: string): string =>
    once(`length ${symbol}`, () => {
      const from = symbols.get(symbol);
      if (!from) throw new Error(`internal: no input has the axis size ${symbol}`);
      return node("Shape", [from.input], { start: from.axis, end: from.axis + 1 });
    });

  return { fuses, nodes, initializers, node, constant, once, floats, integers, scalar, lengthOf };
}

/** Equal bytes get equal names; FNV-1a over 64 bits is ample for the few constants of one graph, and size is in the name. */
function fingerprint(data: Uint8Array): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of data) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16);
}
