import boundaries from "eslint-plugin-boundaries";
import tseslint from "typescript-eslint";

/** Who may import whom: a folder may import itself and these. ARCHITECTURE.md explains; a test holds both to one table. */
export const walls = {
  base: [],
  results: ["base", "measure"],
  formats: ["base"],
  text: ["base"],
  graph: ["base"],
  measure: ["base"],
  models: ["base", "formats", "text", "graph"],
  runtime: ["base", "graph"],
  studies: ["base", "results", "formats", "text", "graph", "measure", "models", "runtime"],
  training: ["base", "results", "formats", "text", "graph", "measure", "models", "runtime"],
  report: ["base", "results"],
  sweep: ["base", "results", "studies", "report"],
  cli: ["*"],
  server: ["*"],
};

/** Packages that only one folder may import, so that the rest of the project does not depend on them. */
export const reservedPackages = {
  runtime: ["onnxruntime-node", "onnxruntime-web", "onnxruntime-common"],
  cli: ["commander", "cli-progress"],
};

/** Folders that must run anywhere, so that nothing in them may need Node; in runtime two files may. */
const anywhere = ["base", "results", "text", "graph", "measure", "runtime", "training"];
const nodeOnly = ["src/runtime/native.ts", "src/runtime/openBackend.ts"];

const folders = Object.keys(walls);
const toFolders = (types) => ({ to: { element: { types: { anyOf: types } } } });
const policies = folders.map((from) => ({
  from: { element: { type: from } },
  allow: toFolders(walls[from][0] === "*" ? folders : [from, ...walls[from]]),
}));

const reservedPatterns = (folder) =>
  Object.entries(reservedPackages)
    .filter(([owner]) => owner !== folder)
    .map(([owner, names]) => ({
      regex: `^(${names.join("|")})(/|$)`,
      message: `only src/${owner} imports this package`,
    }));

const NODE = { regex: "^node:", message: "this must run in browsers too" };

const restricted = (patterns) => ({
  "no-restricted-imports": ["error", { patterns }],
  "no-restricted-syntax": [
    "error",
    ...patterns.map(({ regex, message }) => ({
      selector: `ImportExpression[source.value=/${regex.replaceAll("/", "\\u002F")}/]`,
      message,
    })),
  ],
});

export default tseslint.config(
  { ignores: ["dist/", "output/", "coverage/", "node_modules/", ".bench/", "explorer/dist/"] },
  ...tseslint.configs.strict,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "off", // allowed on an index that the lines above it bound
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-invalid-void-type": "off",
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
      "prefer-const": "error",
      eqeqeq: "error",
    },
  },
  {
    files: ["src/**/*.ts"],
    plugins: { boundaries },
    settings: {
      "import/resolver": { node: { extensions: [".ts"] } },
      "boundaries/root-path": import.meta.dirname,
      "boundaries/elements": folders.map((type) => ({ type, pattern: `src/${type}` })),
    },
    rules: {
      "boundaries/dependencies": ["error", { default: "disallow", policies }],
      "boundaries/no-unknown-files": "error",
      "boundaries/no-unknown-dependencies": "error",
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "no-console": "error",
    },
  },
  {
    files: ["src/*.ts"],
    rules: { "boundaries/no-unknown-files": "off" }, // the public entries may import every folder
  },
  ...[...folders, "."].map((folder) => ({
    files: folder === "." ? ["src/*.ts"] : [`src/${folder}/**/*.ts`],
    rules: restricted([...reservedPatterns(folder), ...(anywhere.includes(folder) ? [NODE] : [])]),
  })),
  { files: nodeOnly, rules: restricted(reservedPatterns("runtime")) },
  { files: ["src/cli/**/*.ts", "src/server/**/*.ts"], rules: { "no-console": "off" } },
  {
    // A forward pass and a name map are read top to bottom on one screen; cut up they are harder to follow.
    files: ["src/models/families/*.ts"],
    rules: {
      "max-lines-per-function": ["error", { max: 100, skipBlankLines: true, skipComments: true }],
    },
  },
);
