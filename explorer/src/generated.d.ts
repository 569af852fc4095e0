/** @file What storeResults.js writes before the page is built; so types can be checked without a build. */
declare module "*/generated/stored.json" {
  const results: unknown;
  export default results;
}

declare module "*/generated/zoo.json" {
  const list: readonly { readonly name: string; readonly about: string }[];
  export default list;
}
