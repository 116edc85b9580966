/** The built-in plugins as the registry has them, for tests that would list them otherwise. */
import type { Plugin } from "../../src/contract/contract.ts";
import type { BuiltIn } from "../../src/host/built-in.ts";
import { checkDeclaration } from "../../src/host/plugin/declaration.ts";
import { BUILT_INS } from "../../src/registry.ts";

/** Each row with its declaration. */
export const declaredBuiltIns = (): Promise<(BuiltIn & { readonly plugin: Plugin })[]> =>
  Promise.all(
    BUILT_INS.map(async (row) => ({ ...row, plugin: checkDeclaration(await row.load(), "built-in") })),
  );
