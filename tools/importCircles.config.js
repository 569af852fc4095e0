/**
 * No import circle, type imports and late imports too: `npm run check` runs `depcruise` with this. (Lint rules for circles leave
 * type imports out.)
 */
export default {
  forbidden: [{ name: "import-circle", severity: "error", from: {}, to: { circular: true } }],
  options: {
    tsPreCompilationDeps: true,
    includeOnly: "^(src|explorer/src)/",
    enhancedResolveOptions: { extensions: [".ts", ".tsx"] },
  },
};
