/** Runs during the build: collects every package in the program, with its licence's text. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dir, "../..");

/** A package whose code is in the program, and the full text of its licence. */
export interface LicensedPackage {
  name: string;
  version: string;
  /** SPDX expression. */
  license: string;
  text: string;
}

/** Not a dependency, but included: their declarations are written into the folder of a new plugin. */
const DECLARATIONS = "@types/bun";

/** The program itself, Bun, and everything that package.json's `dependencies` and {@link DECLARATIONS} lead to, by name. */
export function licensedPackages(): LicensedPackage[] {
  const found = new Map<string, LicensedPackage>();
  const own = manifestIn(root);
  const waiting = [...Object.keys(own.dependencies ?? {}), DECLARATIONS];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    const folder = join(root, "node_modules", name);
    const manifest = manifestIn(folder);
    found.set(name, described(folder, manifest));
    waiting.push(...Object.keys(manifest.dependencies ?? {}));
  }
  const others = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return [described(root, own), bun(), ...others];
}

interface Manifest {
  name: string;
  version: string;
  license?: string;
  dependencies?: Record<string, string>;
}

const manifestIn = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

function described(folder: string, { name, version, license }: Manifest): LicensedPackage {
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)(\.\w+)?$/i.test(entry));
  if (license === undefined) throw new Error(`${name} does not name its licence`);
  const text = file === undefined ? "" : readFileSync(join(folder, file), "utf8").trim();
  return {
    name,
    version,
    license,
    text: text || withoutOwnText(name, license),
  };
}

/** `bun-types` only names its licence and its origin. */
function withoutOwnText(name: string, license: string): string {
  const said = `${name} is published under ${license}; its package carries no text.`;
  if (license !== "MIT") return said;
  const texts = readFileSync(join(root, "node_modules", DECLARATIONS, "LICENSE"), "utf8");
  return `${said} The licence is:\n\n${texts.slice(texts.indexOf("Permission is hereby granted")).trim()}`;
}

/** The runtime is not a bundled package: the binary itself is made from it. */
function bun(): LicensedPackage {
  const folder = join(root, "node_modules/bun");
  if (!existsSync(folder)) throw new Error("the tool chain is not installed");
  const { version } = manifestIn(folder);
  const text = [
    "Bun is published under the MIT licence (https://bun.com/docs/project/licensing).",
    "It contains JavaScriptCore and WebKit (LGPL-2.0 and BSD), and further libraries under MIT, BSD, Apache-2.0, zlib and",
    "similar licences, which that page lists. Its source is at https://github.com/oven-sh/bun and, for WebKit,",
    "https://github.com/oven-sh/webkit; the binary can be linked again with a changed WebKit as described there.",
  ].join("\n");
  return { name: "bun", version, license: "MIT AND LGPL-2.0-only", text };
}
