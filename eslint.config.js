import { readdirSync } from "node:fs";
import boundaries from "eslint-plugin-boundaries";
import tseslint from "typescript-eslint";

/**
 * Who may import whom: a part may import itself and these. A part is a folder of src, or a role of the files in a study's
 * folder, which their names begin with. ARCHITECTURE.md explains; a test holds both to one table.
 */
export const walls = {
  base: [],
  results: ["base", "measure"],
  formats: ["base"],
  text: ["base"],
  graph: ["base"],
  measure: ["base"],
  draw: ["base", "results"],
  models: ["base", "formats", "text", "graph"],
  runtime: ["base", "graph"],
  inputs: ["base", "results", "text", "graph", "measure", "models", "runtime"],
  interventions: ["base", "results", "text", "graph", "measure", "models", "runtime", "inputs"],
  training: ["base", "results", "formats", "text", "graph", "measure", "models", "runtime"],
  "study/result": ["base", "results", "measure"],
  "study/view": ["base", "results", "measure", "draw", "study/result"],
  "studies/common": ["base", "results", "text", "graph", "measure", "models", "runtime", "inputs"],
  "study/run": [
    ...["base", "results", "formats", "text", "graph", "measure", "models", "runtime", "inputs"],
    ...["interventions", "studies/common", "study/result"],
  ],
  "study/study": ["base", "results", "draw", "studies", "study/run", "study/result", "study/view"],
  "study/command": [
    ...["base", "results", "formats", "draw", "models", "runtime", "inputs", "cli", "studies"],
    ...["study/run", "study/result", "study/view"],
  ],
  studies: [
    "base",
    "results",
    "draw",
    "studies/common",
    "study/study",
    "study/result",
    "study/view",
  ],
  bench: ["base", "results", "formats", "text", "graph", "measure", "models"],
  cli: ["*"],
  server: ["*"],
};

/** Packages that only one folder may import, so that the rest of the project does not depend on them. */
export const reservedPackages = {
  runtime: ["onnxruntime-node", "onnxruntime-web", "onnxruntime-common"],
  cli: ["commander", "cli-progress", "@modelcontextprotocol/sdk", "bullmq", "ioredis"],
};

/** Folders that must run anywhere, so that nothing in them may need Node; in runtime three files may. */
const anywhere = [
  ...[
    "base",
    "results",
    "text",
    "graph",
    "measure",
    "runtime",
    "inputs",
    "interventions",
    "training",
  ],
  ...["studies/common"],
];
const nodeOnly = [
  "src/runtime/cards.ts",
  "src/runtime/cores.ts",
  "src/runtime/memoryFolder.ts",
  "src/runtime/memoryLeftovers.ts",
  "src/runtime/native.ts",
  "src/runtime/readAhead.ts",
  "src/runtime/openBackend.ts",
  "src/runtime/spillFile.ts",
];

const parts = Object.keys(walls);

/** The files of a part; no file fits two. */
const patternOf = (part) => {
  if (part === "studies") return "src/studies/*.ts";
  if (part === "study/run") return "src/studies/!(common)/!(result|view|study|command)*.ts";
  if (part.startsWith("study/")) return `src/studies/!(common)/${part.slice(6)}*.ts`;
  return `src/${part}/**/*.ts`;
};
const toParts = (names) => ({ to: { file: { categories: { anyOf: names } } } });
const policies = parts.map((from) => ({
  from: { file: { categories: from } },
  allow: toParts(walls[from][0] === "*" ? parts : [from, ...walls[from]]),
}));

const ownerOf = (part) => (part === "study/command" ? "cli" : part);
const reservedPatterns = (part) =>
  Object.entries(reservedPackages)
    .filter(([owner]) => owner !== ownerOf(part))
    .map(([owner, names]) => ({
      regex: `^(${names.join("|")})(/|$)`,
      message: `only src/${owner} imports this package`,
    }));

/** The views of the page, a folder each. */
const explorerViews = readdirSync(new URL("explorer/src/views/", import.meta.url));

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

/** Bare participles do not say what a thing is: variables, parameters, functions and members of types have no such name. */
const PARTICIPLES = new Set(
  [
    "asked called fed few given gone held here kept listed made named needed opened parsed placed",
    "ran said seen sized taken told tried turned wanted watched written",
  ]
    .join(" ")
    .split(" "),
);

/** What a type or a function of the package is called: a noun, or a verb and a noun; `Seed` and `Bound` are nouns, `embed` is a verb. */
const BARE_PARTICIPLE =
  /^(?!(un)?embed$)(\w*[^e\W]ed|built|chosen|done|drawn|found|given|hidden|kept|known|lost|made|put|read|said|seen|shown|spent|taken|told|worn|written|others?)$/i;

const says = (name) => `${name} does not say what it is: use a noun, or a verb and a noun`;

const noParticiple = {
  create: (context) => {
    const checkMember = ({ key }) => {
      if (key.type === "Identifier" && PARTICIPLES.has(key.name))
        context.report({ node: key, message: says(key.name) });
    };
    return {
      TSPropertySignature: checkMember,
      TSMethodSignature: checkMember,
      "Program:exit": () => {
        for (const { variables } of context.sourceCode.scopeManager.scopes)
          for (const { name, defs } of variables.filter(({ name }) => PARTICIPLES.has(name)))
            for (const { name: node } of defs) context.report({ node, message: says(name) });
      },
    };
  },
};

const noParticipleDeclaration = {
  create: (context) => {
    const check = ({ id }) => {
      if (id && /^[A-Za-z][a-z]+$/.test(id.name) && BARE_PARTICIPLE.test(id.name))
        context.report({ node: id, message: says(id.name) });
    };
    return {
      FunctionDeclaration: check,
      TSInterfaceDeclaration: check,
      TSTypeAliasDeclaration: check,
    };
  },
};

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
    plugins: {
      names: {
        rules: {
          "no-participle": noParticiple,
          "no-participle-declaration": noParticipleDeclaration,
        },
      },
    },
    rules: { "names/no-participle": "error" },
  },
  {
    files: ["src/**/*.ts", "explorer/src/**/*.{ts,tsx}"],
    rules: { "names/no-participle-declaration": "error" },
  },
  {
    files: ["src/**/*.ts"],
    plugins: { boundaries },
    settings: {
      "import/resolver": { node: { extensions: [".ts"] } },
      "boundaries/root-path": import.meta.dirname,
      "boundaries/files": parts.map((part) => ({ category: part, pattern: patternOf(part) })),
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
  ...[".", ...parts].map((part) => ({
    files: [part === "." ? "src/*.ts" : patternOf(part)],
    rules: restricted([...reservedPatterns(part), ...(anywhere.includes(part) ? [NODE] : [])]),
  })),
  { files: nodeOnly, rules: restricted(reservedPatterns("runtime")) },
  {
    files: ["explorer/src/**/*.{ts,tsx}"],
    rules: {
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  ...explorerViews.map((view) => ({
    files: [`explorer/src/views/${view}/**`],
    rules: restricted([
      {
        regex: `(^\\.\\./|/views/)(${explorerViews.filter((other) => other !== view).join("|")})/`,
        message: "views share parts/ and page/, never each other",
      },
    ]),
  })),
  {
    files: ["src/cli/**/*.ts", "src/server/**/*.ts"],
    rules: { "no-console": "off" },
  },
);
