import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { KEYS_NEW } from "../../results/keys.ts";
import { identityFile, protect } from "../../storage/age/identity-file.ts";
import { generateKeyPair } from "../../storage/age/keys.ts";
import { rememberIdentity } from "../../storage/known-identities.ts";
import { namedPath } from "../../storage/own-file.ts";
import { writeWhole } from "../../storage/whole-file.ts";
import { trailPlaces } from "../../tasks/stack/trail-places.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { IDENTITY, passphraseIn } from "../../tasks/task/identity.ts";
import { configOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { askNewPassphrase } from "./new-passphrase.ts";

const args = {
  file: {
    type: "positional",
    hint: "FILE",
    required: true,
    complete: "files",
    local: true,
    about: "the file to write, outside of the project",
  },
  passphrase: { type: "flag", about: "encrypt the file with a passphrase, which is asked for" },
  "passphrase-file": {
    ...IDENTITY["passphrase-file"],
    about: "take the passphrase from the first line of this file",
  },
} as const;

export default defineCommand({
  about: "make a key: an identity, which opens encrypted snapshots, and its recipient, which encrypts them",
  args,
  examples: [
    {
      line: "keys new /media/usb/backup.key --passphrase",
      about: "prints the recipient: it goes into the configuration",
    },
    {
      line: "keys check --identity /media/usb/backup.key",
      about: "proves that the identity opens what is encrypted",
    },
  ],
  json: [KEYS_NEW],
  async run(call) {
    const { args: given, terminal } = call;
    const path = await outsideOfProject(call, given.file);
    const isProtected = given.passphrase || given["passphrase-file"] !== undefined;
    const passphrase = isProtected ? await passphraseFor(call, given["passphrase-file"]) : undefined;
    if (isProtected && passphrase === undefined) {
      terminal.last("no key was made");
      return EXIT.interrupted;
    }
    const pair = await generateKeyPair();
    const plain = identityFile(pair, new Date());
    const text = passphrase === undefined ? plain : await protect(plain, passphrase);
    if (!writeWhole(path, text, { mode: 0o600, ifAbsent: true })) throw thereAlready(path);
    const { recipient } = pair;
    rememberIdentity(trailPlaces(await configOf(call)).home, [recipient], path);
    if (call.json) printResult(call, KEYS_NEW, { recipient, path, isProtected });
    else {
      terminal.print(recipient);
      terminal.note(`the identity is in ${path}: keep it, and a copy of it, where no backup is written`);
      terminal.note("without it nobody can read what is encrypted to this recipient, not even we");
    }
    return EXIT.ok;
  },
});

/** @throws UsageError when the file would lie in the project, which is committed, copied and read by others */
async function outsideOfProject(call: Call, file: string): Promise<string> {
  const named = resolve(call.directory, file);
  const path = join(namedPath(dirname(named)), basename(named));
  const { file: configFile, directory } = await configOf(call);
  const way = relative(namedPath(directory), path);
  if (configFile === undefined || way === ".." || way.startsWith(`..${sep}`)) return path;
  throw new UsageError(
    `${path} lies in the project ${directory}`,
    "An identity belongs where no backup is written and nothing is committed: another disk, a password manager, a safe.",
  );
}

const thereAlready = (path: string): UsageError =>
  new UsageError(`${path} exists already, and it may be the only key to something`, "Name another file.");

const passphraseFor = async (call: Call, file: string | undefined): Promise<string | undefined> =>
  file === undefined ? askNewPassphrase(call) : passphraseIn(resolve(call.directory, file));
