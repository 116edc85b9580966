import { dirname, join, relative } from "node:path";
import { isVendorName } from "../../host/plugin/declaration.ts";
import { PLUGIN_NEW } from "../../results/plugins.ts";
import type { ValueOf } from "../../results/result.ts";
import { type ScaffoldKind, scaffoldFiles } from "../../scaffold/scaffold.ts";
import { makeNewDirectory, makeOwnDirectory } from "../../storage/own-file.ts";
import { fileFailure } from "../../storage/refusal.ts";
import { writeWhole } from "../../storage/whole-file.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { VERSION } from "../../version.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

export default defineCommand({
  about: "write a folder with a new, working plugin, its test, types and a README",
  args: {
    name: {
      type: "positional",
      hint: "NAME",
      required: true,
      parse: readName,
      about: "vendor/name, or only a name; the folder gets the part after the slash as its name",
    },
    backend: { type: "flag", about: "a backend for a directory of JSON-lines files (the default)" },
    server: {
      type: "flag",
      about: "a backend, or with --sink a sink, for a server over HTTP, with a look-alike of that server",
    },
    sink: { type: "flag", about: "a sink that appends events to a file" },
    store: { type: "flag", about: "a store for snapshots that keeps objects in a directory" },
  },
  exclusive: [
    ["backend", "server", "store"],
    ["backend", "sink", "store"],
  ],
  examples: [
    { line: "plugin new acme/lines", about: "writes ./lines" },
    { line: "plugin new acme/clicks --server", about: "for a server that is reached over HTTP" },
    {
      line: "plugin new acme/events --sink",
      about: "for a place that keeps audit events; add --server for one over HTTP",
    },
  ],
  json: [PLUGIN_NEW],
  async run(call) {
    const { args, terminal, directory } = call;
    const kind = args.sink && args.server ? "server-sink" : (KINDS.find((one) => args[one]) ?? "backend");
    const folder = join(directory, args.name.slice(args.name.indexOf("/") + 1));
    const shown = `./${relative(directory, folder)}`;
    makeFolder(folder, shown);
    for (const [path, text] of scaffoldFiles(args.name, kind, VERSION)) write(folder, path, text);
    const face = FACES[kind];
    if (call.json) printResult(call, PLUGIN_NEW, { plugin: args.name, face, directory: folder });
    else terminal.tell(`${shown} holds the ${face} ${args.name}`);
    terminal.note(
      `next: edit ${shown}/index.ts; contextcore plugin check ${shown}; contextcore plugin add ${shown}`,
    );
    return EXIT.ok;
  },
});

const KINDS = ["server", "sink", "store"] as const;

const FACES: Readonly<Record<ScaffoldKind, ValueOf<typeof PLUGIN_NEW>["face"]>> = {
  backend: "backend",
  server: "backend",
  sink: "sink",
  "server-sink": "sink",
  store: "store",
};

/** https://learn.microsoft.com/windows/win32/fileio/naming-a-file#naming-conventions */
const DEVICES = /(^|\/)(con|prn|aux|nul|com\d|lpt\d)(\/|$)/;

/** A bare name gets the vendor `local`, which nobody publishes under. */
function readName(text: string): string {
  const name = text.includes("/") ? text : `local/${text}`;
  if (DEVICES.test(name))
    throw new UsageError(
      `${JSON.stringify(text)} cannot be a folder's name on Windows`,
      "choose another name",
    );
  if (isVendorName(name)) return name;
  throw new UsageError(
    `${JSON.stringify(text)} is not a plugin's name`,
    "lower case letters, digits and dashes, as in acme/lines",
  );
}

function makeFolder(folder: string, shown: string): void {
  if (!made(folder, shown))
    throw new UsageError(`${shown} exists already`, "choose another name, or remove it");
}

function write(folder: string, name: string, text: string): void {
  const path = join(folder, name);
  makeOwnDirectory(folder, dirname(path));
  writeWhole(path, text, { isDurable: false });
}

function made(folder: string, shown: string): boolean {
  try {
    return makeNewDirectory(folder);
  } catch (error) {
    const { message, ...more } = fileFailure("make", shown, error, { isMaking: true });
    throw Object.assign(new Error(message), more);
  }
}
