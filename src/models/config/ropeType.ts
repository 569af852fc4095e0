type Json = Readonly<Record<string, unknown>>;

/**
 * What a configuration calls the rotary positions of a layer: `rope_type`, or `type` in old files, of `rope_parameters` or
 * `rope_scaling`, which may have an entry for each type of layer. Left out there, it is `default`.
 *
 * @param window of the layer: configurations without `layer_types` have one for layers with a window
 */
export function ropeTypeOf(config: Json, layer: number, window?: number | null): string {
  const settings = objectIn(config["rope_parameters"]) ?? objectIn(config["rope_scaling"]) ?? {};
  const types: unknown = config["layer_types"];
  const windowed = typeof window === "number";
  const layerType: unknown = Array.isArray(types)
    ? types[layer]
    : `${windowed ? "sliding" : "full"}_attention`;
  const own = objectIn(settings[String(layerType)]);
  if (!own && windowed && config["rope_local_base_freq"] !== undefined) return "default"; // scaling is of the others
  const { rope_type: name, type } = own ?? settings;
  return [name, type].find((candidate) => typeof candidate === "string") ?? "default";
}

function objectIn(value: unknown): Json | null {
  return typeof value === "object" && value !== null ? (value as Json) : null;
}
