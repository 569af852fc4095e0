/** `blocks.3.attn.hook_z`. */
export function hookName(layer: number, hook: string): string {
  return `blocks.${layer}.${hook}`;
}

/** Name of the residual stream before `layer`; after the last one it is what the model ends with. */
export function residBefore(layer: number, layers: number): string {
  return layer < layers
    ? hookName(layer, "hook_resid_pre")
    : hookName(layers - 1, "hook_resid_post");
}
