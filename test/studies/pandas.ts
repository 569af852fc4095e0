/** @file What pandas makes of CSV and Parquet files, as an oracle of the tables. Needs a Python with pandas (and pyarrow for Parquet). */
import { spawnSync } from "node:child_process";

/** INDUCTION_LENS_PANDAS=/path/to/python */
export const PANDAS = process.env["INDUCTION_LENS_PANDAS"];

/** One file as `pandas.read_csv` or `pandas.read_parquet` has it, with no option. */
export interface Frame {
  readonly columns: readonly string[];
  /** A letter for each column: i whole numbers, f numbers, b booleans, O anything else. */
  readonly kinds: readonly string[];
  /** [row][column]; null for what is missing. */
  readonly rows: readonly (readonly (string | number | boolean | null)[])[];
}

const SCRIPT = `
import json, sys, pandas
frames = []
for path in sys.argv[1:]:
    frame = pandas.read_parquet(path) if path.endswith(".parquet") else pandas.read_csv(path, float_precision="round_trip")
    cells = frame.astype(object).where(frame.notna(), None)
    frames.append({"columns": list(frame.columns), "kinds": [kind.kind for kind in frame.dtypes], "rows": cells.values.tolist()})
json.dump(frames, sys.stdout)
`;

/** @param python a Python that has pandas; @returns the frames in the order of `files` */
export function readByPandas(python: string, files: readonly string[]): Frame[] {
  const { status, stdout, stderr } = spawnSync(python, ["-c", SCRIPT, ...files], {
    encoding: "utf8",
    maxBuffer: 1e9,
  });
  if (status !== 0) throw new Error(`${python} could not read the tables: ${stderr}`);
  return JSON.parse(stdout) as Frame[];
}
