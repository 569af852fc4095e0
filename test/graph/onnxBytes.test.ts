/** @file The bytes of ONNX models against an independent decoder, on random graphs. */
import { fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { AttributeProto_AttributeType, ModelProtoSchema, TensorProto_DataLocation } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import {
  DATA_TYPES,
  encodeModel,
  IR_VERSION,
  OPSET,
  type Attribute,
  type OnnxGraph,
  type OnnxInitializer,
  type BytesPlace,
} from "../../src/graph/onnx/model.ts";
import type { NumberType } from "../../src/graph/axes.ts";

const name = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" });
const size = fc.integer({ min: 0, max: 2 ** 31 });
const types: NumberType[] = ["float32", "int32", "bool"];
const value = fc.record({
  name,
  type: fc.constantFrom(...types),
  axes: fc.array(fc.record({ name, size: fc.oneof(size, name) }), { maxLength: 4 }),
});
const attribute: fc.Arbitrary<Attribute> = fc.oneof(
  fc.integer(),
  name,
  fc.array(fc.integer(), { maxLength: 5 }),
  fc.record({ float: fc.float({ noNaN: true }) }),
);
const node = fc.record({
  type: name,
  domain: fc.constantFrom("", "com.microsoft"),
  inputs: fc.array(name, { maxLength: 3 }),
  outputs: fc.array(name, { minLength: 1, maxLength: 2 }),
  attributes: fc.dictionary(name, attribute, { maxKeys: 3, noNullPrototype: true }),
});
const source = bytesInMemory("weights", new Uint8Array(0));
const initializer: fc.Arbitrary<OnnxInitializer> = fc.record({
  name,
  type: fc.constantFrom("float32", "int64", "bool", "F16", "BF16"),
  dims: fc.array(size, { maxLength: 4 }),
  overridable: fc.boolean(),
  data: fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.record({ source: fc.constant(source), offset: fc.nat(2 ** 40), sizeBytes: fc.nat(2 ** 40) }),
  ),
});
const graph: fc.Arbitrary<OnnxGraph> = fc.record({
  inputs: fc.array(value, { maxLength: 3 }),
  outputs: fc.array(value, { maxLength: 3 }),
  nodes: fc.array(node, { maxLength: 5 }),
  initializers: fc.array(initializer, { maxLength: 4 }),
  values: fc.array(
    fc.record({
      name,
      type: fc.constantFrom(...types),
      sizes: fc.array(fc.oneof(size, name), { maxLength: 4 }),
    }),
    { maxLength: 3 },
  ),
});

describe("encodeModel", () => {
  test("writes what an independent decoder reads, on 2,000 random graphs", () => {
    fc.assert(
      fc.property(graph, (original) => {
        const place = ({ offset }: { offset: number }): BytesPlace => ({
          location: "a/b.safetensors",
          offset,
        });
        const model = fromBinary(ModelProtoSchema, encodeModel(original, place));
        expect([Number(model.irVersion), Number(model.opsetImport[0]!.version)]).toEqual([
          IR_VERSION,
          OPSET,
        ]);
        expect(model.opsetImport.map(({ domain }) => domain)).toEqual(["", "com.microsoft"]);
        expect(read(model.graph!)).toEqual(plain(original));
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});

type Decoded = NonNullable<ReturnType<typeof fromBinary<typeof ModelProtoSchema>>["graph"]>;

/** The decoded graph in the words of ours. */
function read(decoded: Decoded) {
  const values = (list: Decoded["input"]) =>
    list.map(({ name, type }) => {
      const tensor = type!.value;
      if (tensor.case !== "tensorType") throw new Error("not a tensor");
      const dims = tensor.value.shape!.dim.map(({ value }) =>
        value.case === "dimValue" ? Number(value.value) : value.value,
      );
      return { name, type: tensor.value.elemType, dims };
    });
  return {
    inputs: values(decoded.input),
    outputs: values(decoded.output),
    values: values(decoded.valueInfo),
    nodes: decoded.node.map(({ opType, domain, input, output, attribute }) => ({
      type: opType,
      domain,
      inputs: [...input],
      outputs: [...output],
      attributes: Object.fromEntries(attribute.map((each) => [each.name, readAttribute(each)])),
    })),
    initializers: decoded.initializer.map(
      ({ name, dataType, dims, rawData, externalData, dataLocation }) => ({
        name,
        type: dataType,
        dims: dims.map(Number),
        data:
          dataLocation === TensorProto_DataLocation.EXTERNAL
            ? Object.fromEntries(externalData.map(({ key, value }) => [key, value]))
            : [...rawData],
      }),
    ),
  };
}

function readAttribute({
  type,
  i,
  f,
  s,
  ints,
}: Decoded["node"][number]["attribute"][number]): Attribute {
  if (type === AttributeProto_AttributeType.INT) return Number(i);
  if (type === AttributeProto_AttributeType.FLOAT) return { float: f };
  if (type === AttributeProto_AttributeType.STRING) return new TextDecoder().decode(s);
  return ints.map(Number);
}

/** Our graph in the same words. */
function plain({ inputs, outputs, nodes, initializers, values: inner = [] }: OnnxGraph) {
  const values = (list: OnnxGraph["inputs"]) =>
    list.map(({ name, type, axes }) => ({
      name: wellFormed(name),
      type: DATA_TYPES[type],
      dims: axes.map(({ size }) => (typeof size === "number" ? size : wellFormed(size))),
    }));
  return {
    inputs: [
      ...values(inputs),
      // what may be overridden is listed as an input too, or engines take it for a constant
      ...initializers
        .filter(({ overridable }) => overridable)
        .map(({ name, type, dims }) => ({
          name: wellFormed(name),
          type: DATA_TYPES[type] as number,
          dims,
        })),
    ],
    outputs: values(outputs),
    values: values(
      inner.map(({ sizes, ...rest }) => ({
        ...rest,
        axes: sizes.map((size) => ({ name: "", size })),
      })),
    ),
    nodes: nodes.map((each) => ({ ...each, attributes: { ...each.attributes } })),
    initializers: initializers.map(({ name, type, dims, data }) => ({
      name,
      type: DATA_TYPES[type],
      dims,
      data:
        data instanceof Uint8Array
          ? [...data]
          : {
              location: "a/b.safetensors",
              offset: String(data.offset),
              length: String(data.sizeBytes),
            },
    })),
  };
}

function wellFormed(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text));
}
