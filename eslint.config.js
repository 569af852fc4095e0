import boundaries from "eslint-plugin-boundaries";
import tseslint from "typescript-eslint";

/** Who may import whom: left may import right, nothing else (ARCHITECTURE.md). A test checks that a wrong import fails. */
export const walls = {
  base: [],
  results: ["base"],
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

const allow = Object.entries(walls).map(([from, to]) => ({
  from: { element: { type: from } },
  allow: { to: { element: { types: { anyOf: to[0] === "*" ? Object.keys(walls) : [from, ...to] } } } },
}));

/** Packages that only one folder may import, so that the rest of the project does not depend on them. */
const onlyIn = {
  runtime: ["onnxruntime-node", "onnxruntime-web", "onnxruntime-common"],
  cli: ["commander", "cli-progress"],
};

const reserved = (folder) =>
  Object.entries(onlyIn)
    .filter(([owner]) => owner !== folder)
    .flatMap(([owner, names]) => names.map((name) => ({ name, message: `only src/${owner} imports ${name}` })));

export default tseslint.config(
  { ignores: ["dist/", "output/", "node_modules/", ".bench/", "explorer/dist/"] },
  ...tseslint.configs.strict,
  {
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "off", // allowed on an index that the lines above it bound
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-invalid-void-type": "off",
      "prefer-const": "error",
      eqeqeq: "error",
    },
  },
  {
    files: ["src/**/*.ts"],
    plugins: { boundaries },
    settings: {
      "import/resolver": { typescript: { project: "tsconfig.json" } },
      "boundaries/elements": Object.keys(walls).map((type) => ({ type, pattern: `src/${type}`, mode: "folder" })),
    },
    rules: {
      "boundaries/dependencies": ["error", { default: "allow", policies: [
        { from: { element: { types: { anyOf: Object.keys(walls) } } }, disallow: { to: { element: { types: { anyOf: Object.keys(walls) } } } } },
        ...allow,
      ] }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "no-console": "error",
    },
  },
  ...Object.keys(walls).map((folder) => ({
    files: [`src/${folder}/**/*.ts`],
    rules: { "no-restricted-imports": ["error", { paths: reserved(folder) }] },
  })),
  { files: ["src/cli/**/*.ts", "src/server/**/*.ts", "bench/**", "test/**"], rules: { "no-console": "off" } },
);
