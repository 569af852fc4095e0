/** @file The part of jstat that measures use; the package ships no types. */
declare module "jstat" {
  interface Distribution {
    /** Cumulative probability at `value`. */
    cdf(value: number, ...parameters: number[]): number;
    /** Quantile of `probability`. */
    inv(probability: number, ...parameters: number[]): number;
  }
  const jStat: {
    readonly studentt: Distribution;
    readonly normal: Distribution;
    readonly beta: Distribution;
  };
  export default jStat;
}
