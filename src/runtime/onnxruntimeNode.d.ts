/** The package is optional, and the project compiles without it: what is used of it are the types that all engines share, and one list. */
declare module "onnxruntime-node" {
  export * from "onnxruntime-common";
  /** What the package for this system computes on. */
  export function listSupportedBackends(): readonly { readonly name: string }[];
}
