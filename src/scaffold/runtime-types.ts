/** The runtime's type declarations that this program was built with, for editors and `tsc`. */
import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import { packedRuntimeTypes } from "./runtime-types.macro.ts" with { type: "macro" };

// Runs during the build: the program contains only its result, as text.
const PACKED: string = packedRuntimeTypes();

/** Texts by path below a types folder, to be named in `typeRoots` of a tsconfig.json. About 4 MB. */
export const runtimeTypes = (): Readonly<Record<string, string>> =>
  v.parse(objectOf(v.string()), JSON.parse(Bun.zstdDecompressSync(Buffer.from(PACKED, "base64")).toString()));
