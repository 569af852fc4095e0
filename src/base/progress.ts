/** Told what is going on, and how much of it is done: `done` of `total`, in units of the step. */
export type Progress = (step: string, done: number, total: number) => void;
