import { OptionDefaults } from "typedoc";

/** @type {Partial<import("typedoc").TypeDocOptions>} */
export default {
  entryPoints: ["src/index.ts", "src/node.ts", "src/web.ts"],
  out: "docs",
  name: "@bursar/client",
  treatWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  // Not each property: those of a service's description, which protoc-gen-es writes, have no comments.
  requiredToBeDocumented: OptionDefaults.requiredToBeDocumented.filter((kind) => kind !== "Property"),
  excludeExternals: true,
  disableSources: true,
  // What protoc-gen-es writes into every comment.
  blockTags: [...OptionDefaults.blockTags, "@generated"],
  excludeTags: [...OptionDefaults.excludeTags, "@generated"],
};
