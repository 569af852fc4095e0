/** The package is optional, and the project compiles without it: what is used of it are the types that all engines share. */
declare module "onnxruntime-node" {
  export * from "onnxruntime-common";
}
