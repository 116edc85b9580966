/** The contract's types and helpers, as files for plugin authors, taken from this very program. */
import {
  packedRuntime,
  packedTesting,
  packedTestingTypes,
  packedTypes,
  packedValibot,
} from "./contract.macro.ts" with { type: "macro" };

// Runs during the build: the program contains only its result, as text.
const TYPES: string = packedTypes();
const VALIBOT: string = packedValibot();
const RUNTIME: string = packedRuntime();
const TESTING: string = packedTesting();
const TESTING_TYPES: string = packedTestingTypes();

const unpack = (packed: string): string => Bun.zstdDecompressSync(Buffer.from(packed, "base64")).toString();

/** The files in the folder `contextcore` beside a plugin, by name. @param version this program's */
export const contractFiles = (version: string): Readonly<Record<string, string>> => ({
  "index.d.ts": `// The plugin contract of contextcore ${version}, written by \`contextcore plugin new\`.\n${unpack(TYPES)}`,
  "index.js": unpack(RUNTIME),
  "testing.d.ts": unpack(TESTING_TYPES),
  "testing.js": unpack(TESTING),
  "valibot.d.ts": unpack(VALIBOT),
});
