/** @file Names of the verdict, for what reads Results: the one list is that of its rules. */
export { BEHAVIOURS, FLAGS, LABELS } from "../measure/verdict/names.ts";
