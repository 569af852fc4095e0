/** Stands for a default that is not known. */
export const NO_DEFAULT: unique symbol = Symbol("no default");

/** What transformers' code for one model_type does with keys of config.json. */
export interface TypeKeys {
  /** Keys that change what is computed, or may: with the default of the class. */
  readonly reads: Readonly<Record<string, unknown>>;
  /** Keys that its class declares and nothing reads. */
  readonly ignores: readonly string[];
  /** Other names of keys -> own names. */
  readonly aliases: Readonly<Record<string, string>>;
}
