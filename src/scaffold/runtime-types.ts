/** The runtime's own declarations, as this program was built with: what an editor and `tsc` need besides the contract's. */
import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import { packedRuntimeTypes } from "./runtime-types.macro.ts" with { type: "macro" };

// Called while the program is built: what stands here afterwards is text.
const PACKED: string = packedRuntimeTypes();

/** Texts by path below a folder of types, which `typeRoots` of a tsconfig.json is to name. About 4 MB. */
export const runtimeTypes = (): Readonly<Record<string, string>> =>
  v.parse(objectOf(v.string()), JSON.parse(Bun.zstdDecompressSync(Buffer.from(PACKED, "base64")).toString()));
