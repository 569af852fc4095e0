/** @file What completion shows of the public entries: each option has a sentence, and each type in sight a name to import. */
import { join } from "node:path";
import ts from "typescript";
import { beforeAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const SRC = join(ROOT, "src/");
const ENTRIES = ["index", "browser", "graph", "measure", "train", "trainInBrowser", "report"];

let checker: ts.TypeChecker;
/** What each entry exports, aliases followed. */
let entries: Map<string, ts.Symbol[]>;

beforeAll(() => {
  const files = ENTRIES.map((entry) => join(SRC, `${entry}.ts`));
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const program = ts.createProgram(files, options);
  checker = program.getTypeChecker();
  entries = new Map(
    files.map((file, index) => {
      const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
      return [ENTRIES[index]!, checker.getExportsOfModule(module).map(followed)];
    }),
  );
}, 120_000);

function followed(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

const isOurs = (node: ts.Node) => node.getSourceFile().fileName.startsWith(SRC);

/** Exports of all entries, each once. */
const exported = () => new Set([...entries.values()].flat());

test("every option says what it means", () => {
  const silent = [...exported()].flatMap((symbol) => {
    if (!(symbol.flags & ts.SymbolFlags.Interface) || !symbol.name.endsWith("Options")) return [];
    return checker
      .getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol))
      .filter((option) => option.declarations?.some(isOurs))
      .filter((option) => option.getDocumentationComment(checker).length === 0)
      .map((option) => `${symbol.name}.${option.name}`);
  });
  expect([...exported()].filter(({ name }) => name.endsWith("Options")).length).toBeGreaterThan(25);
  expect(silent).toEqual([]);
});

/** Types that a caller sees in a declaration: its members, parameters and results, but no function's body. */
function typesSeen(declaration: ts.Node): ts.Symbol[] {
  const symbols: ts.Symbol[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isBlock(node) || (ts.isVariableDeclaration(node) && node.type === undefined)) return;
    if (ts.isTypeReferenceNode(node) || ts.isExpressionWithTypeArguments(node)) {
      const name = ts.isTypeReferenceNode(node) ? node.typeName : node.expression;
      const symbol = checker.getSymbolAtLocation(name);
      if (symbol) symbols.push(followed(symbol));
    }
    ts.forEachChild(node, visit);
  };
  visit(declaration);
  return symbols;
}

test("every type that a public declaration names can be imported", () => {
  const publicTypes = exported();
  const hidden = [...publicTypes].flatMap((symbol) =>
    (symbol.declarations ?? [])
      .filter(isOurs)
      .flatMap(typesSeen)
      .filter(
        (type) => type.declarations?.some(isOurs) && isExported(type) && !publicTypes.has(type),
      )
      .map((type) => `${type.name} of ${symbol.name}`),
  );
  expect([...new Set(hidden)].sort()).toEqual([]);
});

/** Types that a file has for itself are spelled out where somebody looks; one that is exported has a name to be found. */
function isExported(type: ts.Symbol): boolean {
  return (type.declarations ?? []).some(
    (node) => ts.getCombinedModifierFlags(node as ts.Declaration) & ts.ModifierFlags.Export,
  );
}
