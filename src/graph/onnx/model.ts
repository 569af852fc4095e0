/** @file An ONNX model as plain data, and its bytes (field numbers: onnx/onnx.proto3, IR version 10, opset 21). */
import type { ByteSource } from "../../base/bytes.ts";
import type { Axis, NumberType } from "../axes.ts";
import { bytes, encodeMessage, float, int, nestedField, text, type Field } from "./protobuf.ts";

export const IR_VERSION = 10;
export const OPSET = 21;

/** `TensorProto.DataType` by name. */
export const DATA_TYPES = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  uint8: 2,
  int8: 3,
  F32: 1,
  F16: 10,
  BF16: 16,
} as const;
export type DataType = keyof typeof DATA_TYPES;

export type Attribute =
  number | string | readonly number[] | { readonly float: number } | { readonly body: OnnxBody };

/** What an operator such as Scan repeats: its own names, all float32 of whatever sizes. */
export interface OnnxBody {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly OnnxNode[];
}

export interface OnnxNode {
  readonly type: string;
  /** "" is ONNX itself; "com.microsoft" are ONNX Runtime's own operators, there on every backend we use. */
  readonly domain?: string | undefined;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>> | undefined;
}

/** Where bytes of a checkpoint lie that an initializer reads. */
export interface StoredBytes {
  readonly source: ByteSource;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** A weight that is float16 between runs. */
export interface HalfWeight {
  readonly data: StoredBytes;
  /** The weight is these numbers times 2^-exponent. */
  readonly exponent: number;
}

/** Numbers of the graph: given here, or where they lie in the checkpoint. */
export interface OnnxInitializer {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly data: Uint8Array | StoredBytes;
  /** Listed as an input too, which nobody feeds: engines then take it for changeable and do not repack it. */
  readonly overridable?: boolean | undefined;
}

/** What is said of a tensor within the graph: its sizes, numbers or names that equal sizes share. */
export interface OnnxValue {
  readonly name: string;
  readonly type: NumberType;
  readonly sizes: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly inputs: readonly {
    readonly name: string;
    readonly type: NumberType;
    readonly axes: readonly Axis[];
  }[];
  readonly outputs: readonly {
    readonly name: string;
    readonly type: NumberType;
    readonly axes: readonly Axis[];
  }[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  /** An engine that knows sizes to be equal plans to use memory again, and finds its plan sooner. */
  readonly values?: readonly OnnxValue[] | undefined;
}

/** Where the runtime finds an initializer's bytes: in the model itself, or in a file beside it. */
export type BytesPlace = Uint8Array | { readonly location: string; readonly offset: number };

/**
 * The bytes of a model that any ONNX Runtime 1.20 or later reads.
 *
 * @param place says for bytes of the checkpoint whether they go into the model or stay where they lie
 */
export function encodeModel(
  graph: OnnxGraph,
  place: (stored: StoredBytes) => BytesPlace,
): Uint8Array {
  return encodeMessage([
    int(1, IR_VERSION),
    text(2, "induction-lens"),
    nestedField(7, [
      ...graph.nodes.map((node) => nestedField(1, encodeNode(node))),
      text(2, "program"),
      ...graph.initializers.map((initializer) =>
        nestedField(5, encodeInitializer(initializer, place)),
      ),
      ...graph.inputs.map((input) =>
        nestedField(11, encodeValue(input.name, DATA_TYPES[input.type], sizesOf(input.axes))),
      ),
      ...graph.initializers
        .filter(({ overridable }) => overridable)
        .map(({ name, type, dims }) => nestedField(11, encodeValue(name, DATA_TYPES[type], dims))),
      ...graph.outputs.map((output) =>
        nestedField(12, encodeValue(output.name, DATA_TYPES[output.type], sizesOf(output.axes))),
      ),
      ...(graph.values ?? []).map(({ name, type, sizes }) =>
        nestedField(13, encodeValue(name, DATA_TYPES[type], sizes)),
      ),
    ]),
    nestedField(8, [text(1, ""), int(2, OPSET)]),
    nestedField(8, [text(1, "com.microsoft"), int(2, 1)]),
  ]);
}

function encodeNode({ type, domain, inputs, outputs, attributes = {} }: OnnxNode): Field[] {
  return [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(3, outputs[0]!),
    text(4, type),
    ...Object.entries(attributes).map(([name, value]) =>
      nestedField(5, encodeAttribute(name, value)),
    ),
    ...(domain ? [text(7, domain)] : []),
  ];
}

function encodeAttribute(name: string, value: Attribute): Field[] {
  if (typeof value === "number") return [text(1, name), int(3, value), int(20, 2)];
  if (typeof value === "string") return [text(1, name), text(4, value), int(20, 3)];
  if ("float" in value) return [text(1, name), float(2, value.float), int(20, 1)];
  if ("body" in value) return [text(1, name), nestedField(6, encodeBody(value.body)), int(20, 5)];
  return [text(1, name), ...value.map((each) => int(8, each)), int(20, 7)];
}

function encodeBody({ inputs, outputs, nodes }: OnnxBody): Field[] {
  const value = (name: string) => [
    text(1, name),
    nestedField(2, [nestedField(1, [int(1, DATA_TYPES.float32)])]),
  ];
  return [
    ...nodes.map((node) => nestedField(1, encodeNode(node))),
    text(2, "body"),
    ...inputs.map((name) => nestedField(11, value(name))),
    ...outputs.map((name) => nestedField(12, value(name))),
  ];
}

function encodeInitializer(
  { name, type, dims, data }: OnnxInitializer,
  place: (stored: StoredBytes) => BytesPlace,
): Field[] {
  const head = [...dims.map((size) => int(1, size)), int(2, DATA_TYPES[type]), text(8, name)];
  const placement = data instanceof Uint8Array ? data : place(data);
  if (placement instanceof Uint8Array) return [...head, bytes(9, placement)];
  const entry = (key: string, value: string | number) =>
    nestedField(13, [text(1, key), text(2, String(value))]);
  return [
    ...head,
    entry("location", placement.location),
    entry("offset", placement.offset),
    entry("length", (data as StoredBytes).sizeBytes),
    int(14, 1),
  ];
}

function sizesOf(axes: readonly Axis[]) {
  return axes.map(({ size }) => size);
}

function encodeValue(name: string, type: number, sizes: readonly (number | string)[]): Field[] {
  const dims = sizes.map((size) =>
    nestedField(1, [typeof size === "number" ? int(1, size) : text(2, size)]),
  );
  return [text(1, name), nestedField(2, [nestedField(1, [int(1, type), nestedField(2, dims)])])];
}
