import manifest from "../package.json" with { type: "json" };

/** The program's version; `package.json` is where it is written. */
export const VERSION: string = manifest.version;
