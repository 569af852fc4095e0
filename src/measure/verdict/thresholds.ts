/** @file The thresholds of the verdict. docs/verdict.md gives the reason and the cost of each; a test compares the two. */
import { INDUCTION_ATTENTION } from "../attendsLikeInduction.ts";

/** H0 of the sign-flip test: gains up to this are nothing. */
export const GAIN_MARGIN = 0.05;
/** The same of units of scans, whose shares are not sharpened by a softmax: `npm run bench:scans` measures what null scans have. */
export const SCAN_GAIN_MARGIN = 0.01;
/** False-discovery rate over heads. */
export const DISCOVERY_LEVEL = 0.05;
/** A behaviour is there if its lower bound reaches this. */
export const LEAST_STRENGTH = INDUCTION_ATTENTION.least;
/** Induction of a unit of a scan is there if its lower bound reaches this. */
export const LEAST_SCAN_STRENGTH = 0.02;
/** A fixed distance needs this much: it is the best of some fifty distances, of which chance favours one. */
export const LEAST_POSITIONAL = 0.3;
/** Two behaviours are mixed if the weaker may have this share of the stronger. */
export const MIXED_SHARE = 0.75;
/** Induction attention under this is partial. */
export const STRONG = INDUCTION_ATTENTION.strong;
/** A head copies if what it writes towards its own target lies this many standard deviations above other targets. */
export const LEAST_CONSISTENCY = 0.5;
/** Null heads that are wanted in the layers of the candidates. */
export const NULL_HEADS = 20;
/** An effect counts above this quantile of null heads, where there are as many as are wanted. */
export const NULL_QUANTILE = 0.99;
/** With fewer null heads it counts above their median and this many deviations (1.4826 x median absolute deviation). */
export const NULL_DEVIATIONS = 3;
/** An effect under this share of clean - corrupted is nothing, however quiet the null heads are. */
export const LEAST_EFFECT = 0.005;
/** Ablating the head must remove at least this share of its direct effect; otherwise later layers compensate. */
export const LEAST_ARRIVING = 0.1;
/** A head that writes nothing itself needs an interval this many times as wide above the null to count as acting indirectly. */
export const SURER = 1.5;
/** Via-pattern: this share of an effect is gone once later patterns are kept. */
export const PATTERN_SHARE = 0.5;
/** Norm: content surely carries less than this share of what mean ablation shows. */
export const SIZE_SHARE = 0.5;
/** A stripe that keeps less than this without the other candidates follows the prediction. */
export const KEPT_STRIPE = 0.5;
/** Redundant: given the others a head costs more than this times what it costs alone. */
export const REDUNDANT = 2;
/** Backup: without the others a head writes more than this times as much. */
export const BACKUP = 1.5;
/** A model whose copy gain is less than this many nats does not copy, and no head matters for it. */
export const LEAST_COPY_GAIN = 0.5;
/** A head matters if its Shapley value is this share of the copy gain. */
export const MATTERS_SHARE = 0.05;
/** An upstream head carries at least this share of the receiver's stripe. */
export const LEAST_UPSTREAM = 0.1;
