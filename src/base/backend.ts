/** @file What the runtime needs of an engine, so that native, WASM and WebGPU look the same to everything above. */
import type { Tensor, TensorData } from "./tensor.ts";
import type { DEVICES } from "./devices.ts";
import type { OptionNames } from "./optionNames.ts";

/** What can compute. */
export type Device = (typeof DEVICES)[number];

/** Numbers without axis names: what crosses the border to the engine. */
export interface RawTensor {
  readonly type: "float32" | "int32" | "bool";
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Bytes that an ONNX model refers to by `path` and finds beside itself. */
export interface SideFile {
  readonly path: string;
  readonly data: Uint8Array;
}

/** Bytes of a file, by its absolute path. */
export interface FilePart {
  readonly path: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Bytes that are not there until they are written somewhere. */
export interface Unwritten {
  readonly sizeBytes: number;
  /** Fills `bytes` with those from the `first` on; asked for in order. */
  readonly fill: (first: number, bytes: Uint8Array) => Promise<void>;
}

/** A folder whose files lie in memory: what an engine maps from there it need not copy. */
export interface MemoryFolder {
  /** How much may be written there now. */
  freeBytes(): number;
  /**
   * Writes each into a file of its own.
   *
   * @returns their paths in the same order, and what takes the names away: what is mapped stays as long as it is. Null if the
   *   memory was not there after all
   */
  write(
    all: readonly Unwritten[],
  ): Promise<{ readonly paths: readonly string[]; readonly remove: () => Promise<void> } | null>;
}

export interface EngineSession {
  /** @param outputs those that are handed over; left out: all */
  run(
    feeds: ReadonlyMap<string, RawTensor>,
    outputs?: readonly string[],
  ): Promise<Map<string, RawTensor>>;
  close(): Promise<void>;
}

export interface SessionOptions {
  /** Folder that external data are relative to, where the engine maps files itself. */
  readonly folder?: string | undefined;
  /** Files that lie in no folder; left out: none. */
  readonly sideFiles?: readonly SideFile[] | undefined;
  /** Whether no other session takes turns with it, so that its threads may keep their cores from one operation to the next. */
  readonly isAlone?: boolean | undefined;
  /** Whether memory that a run took stays with the session for its next run; left out: it does. */
  readonly keepsRoom?: boolean | undefined;
}

/** What sessions may take together: those that are not in use are given back when another needs their room. */
export interface MemoryBudget {
  readonly bytes: number;
  /** Whether it was asked for, or is what was free. */
  readonly isAsked: boolean;
  /** What has to be asked for so that sessions may take so much: a process takes more than they. */
  askFor(bytes: number): number;
  /** Whether so many bytes more can be had without giving anything back. */
  hasRoom(bytes: number): boolean;
  /** Something that is opened when it is used, and closed when others need its room. */
  tenant<Value extends { close(): Promise<void> }>(
    needs: TenantNeeds,
    open: () => Promise<Value>,
  ): Tenant<Value>;
}

/** Bytes that a tenant takes. */
export interface TenantNeeds {
  /** While it is opened. */
  readonly opening: number;
  /** From then on. */
  readonly open: number;
}

export interface Tenant<Value> {
  use<Result>(work: (value: Value) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** Where values are that have no room in the memory. */
export interface SpillFile {
  /**
   * Writes a value to the file.
   *
   * @returns the same value, whose numbers are read from there whenever they are asked for
   */
  spill(value: Tensor): Tensor;
}

/** How long devices took for a row of a program, in seconds, or why they cannot run it; keys say all that this depends on. */
export interface SpeedMemory {
  get(key: string): Promise<number | string | undefined>;
  set(key: string, value: number | string): Promise<void>;
}

/** What else there may be beside the processor. */
export interface OtherEngines {
  /** @throws {UnableError} if the device cannot be had, with the reason */
  readonly open: Readonly<Partial<Record<Device, () => Promise<Backend>>>>;
  /** What devices there are, in words that change when they do; left out: they stay. */
  readonly cards?: string | undefined;
  /** Left out: every choice measures anew. */
  readonly speeds?: SpeedMemory | undefined;
  /** Told in a sentence what was chosen where there was a choice; left out: Results alone say it. */
  readonly say?: ((words: string) => void) | undefined;
}

/** Faster products of fewer bits: integers of 8 on processors, float16 on WebGPU. */
export interface Rounding {
  readonly bits: 8 | 16;
  /** Told in a sentence how far they are from float32's on a model, before it is used; left out: Results alone say it. */
  readonly say?: ((words: string) => void) | undefined;
}

/** An engine that runs ONNX models. */
export interface Backend {
  readonly device: Device;
  readonly threads: number;
  /** Versions of what computes, for Results. */
  readonly versions: Readonly<Record<string, string>>;
  /** Whether weights can stay in their files. */
  readonly mapsFiles: boolean;
  /** Memory of the machine that this process may take now. */
  availableBytes(): number;
  /** What is free of the device's own memory, as its driver says; left out, or undefined: it has none or does not say, and `availableBytes` holds for it. */
  freeOnDevice?(): number | undefined;
  /** Left out: a session that does not fit into what is free is refused. */
  readonly budget?: MemoryBudget | undefined;
  /** Opens a file for values that runs save and that have no room in `budget`; left out: there are no files, and all stay in memory. */
  readonly spillFile?: (() => SpillFile) | undefined;
  /** Where weights that lie in no file are written, to be mapped; left out: they are handed over, which costs a copy. */
  readonly memoryFolder?: MemoryFolder | undefined;
  /** Reads parts of files that will soon be mapped, beside runs, so that the system has them in memory by then; left out: it maps none. */
  readonly readAhead?: ((parts: readonly FilePart[]) => void) | undefined;
  /** Opens the engine that this one is checked against before it is used; left out: it needs no check. */
  readonly reference?: (() => Promise<Backend>) | undefined;
  /** Engines that may be faster than this one; left out: this one was asked for. */
  readonly others?: OtherEngines | undefined;
  /** What weights, and the values multiplied with them, are rounded to; left out: they are float32. */
  readonly rounding?: Rounding | undefined;
  /** Whether weights of float16 stay so in its memory, and become float32 in each run, exactly; left out: they become it once. */
  readonly keepsHalves?: boolean | undefined;
  /** Why it is this engine, for Results; left out: it was asked for. */
  readonly choice?: string | undefined;
  /** What computes everything again once this device is lost or full, as `why` says; left out: nothing does. */
  readonly instead?: ((why: string) => Promise<Backend>) | undefined;
  create(model: Uint8Array, options: SessionOptions): Promise<EngineSession>;
}

/** Values fed to a run and values it returns, by name. */
export type Feeds = ReadonlyMap<string, Tensor<TensorData>>;
export type Trace = ReadonlyMap<string, Tensor>;

/** Which engine computes. A model that `load` gave knows how to open one, so that every study takes these and needs none. */
export interface EngineOptions {
  /** An engine that is open already; left out: `device` is opened for this call. */
  readonly backend?: Backend | undefined;
  /** Left out: "auto", which is the native engine in Node where it is installed, else WASM. */
  readonly device?: Device | "auto" | undefined;
  /** Threads of the engine; left out: all cores in Node, 1 in a browser. */
  readonly threads?: number | undefined;
  /**
   * Bytes that the process may take, of which a quarter, at most 150 MB, is for what is beside sessions; of a device with a memory of its own,
   * what sessions may take there. What does not fit is run in pieces, with the same numbers: all rows go through one piece
   * before any goes through the next. Left out: what is free, and pieces take at most three quarters of it.
   */
  readonly memory?: number | undefined;
  /**
   * Round weights, and what they are multiplied with, to 8 bits on the processor or float16 on WebGPU: some multiply those faster. The
   * numbers are not float32's; how far they are off on this model is measured first, and the Result says it. Left out: false.
   */
  readonly fast?: boolean | undefined;
}

export const ENGINE_OPTIONS: OptionNames<EngineOptions> = {
  backend: true,
  device: true,
  threads: true,
  memory: true,
  fast: true,
};

/** Opens the engine that the options name. */
export type OpenEngine = (options?: EngineOptions) => Promise<Backend>;
