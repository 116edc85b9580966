/** The identity that opens encrypted copies: where it is named, and how it is read. */
import { resolve } from "node:path";
import {
  IDENTITY_FILE_MAX,
  isProtected,
  parseIdentities,
  unprotect,
} from "../../storage/age/identity-file.ts";
import type { KeyPair } from "../../storage/age/keys.ts";
import { readNamedText } from "../../storage/own-file.ts";
import { RefusedError, UsageError } from "./errors.ts";

/** The parameters of whatever reads encrypted copies. */
export const IDENTITY = {
  identity: {
    type: "value",
    hint: "FILE",
    complete: "files",
    local: true,
    about: "the file of the identity that opens encrypted copies",
  },
  "passphrase-file": {
    type: "value",
    hint: "FILE",
    complete: "files",
    local: true,
    about: "take the identity's passphrase from the first line of this file",
  },
} as const;

/** Where an identity is, and where its passphrase comes from. */
export interface IdentityGiven {
  readonly identity: string;
  readonly "passphrase-file"?: string | undefined;
}

/** Asks a person for the passphrase of a file; `undefined` when the question is abandoned. */
export type AskPassphrase = (path: string) => Promise<string | undefined>;

/**
 * Reads the identities of a file.
 * @param directory that a relative path begins at @param ask absent: nobody is there to answer
 * @returns `undefined` when the question for its passphrase was abandoned
 * @throws RefusedError when nobody can be asked; UsageError, AgeError
 */
export async function readIdentities(
  given: IdentityGiven,
  directory: string,
  ask?: AskPassphrase,
): Promise<KeyPair[] | undefined> {
  const path = resolve(directory, given.identity);
  const text = readNamedText(path, IDENTITY_FILE_MAX);
  if (!isProtected(text)) return parseIdentities(text);
  const passphrase = await passphraseOf(path, given["passphrase-file"], directory, ask);
  return passphrase === undefined ? undefined : parseIdentities(await unprotect(text, passphrase));
}

async function passphraseOf(
  path: string,
  file: string | undefined,
  directory: string,
  ask: AskPassphrase | undefined,
): Promise<string | undefined> {
  if (file !== undefined) return passphraseIn(resolve(directory, file));
  if (ask !== undefined) return ask(path);
  throw new RefusedError(`${path} is opened by a passphrase, and there is no terminal to ask on`, HINT);
}

const HINT = "Name a file that holds it: --passphrase-file FILE";

const PASSPHRASE_FILE_MAX = 4096;

/** The passphrase in the first line of a file. @throws UsageError when there is none */
export function passphraseIn(path: string): string {
  const [line = ""] = readNamedText(path, PASSPHRASE_FILE_MAX).split(/\r?\n/);
  if (line === "") throw new UsageError(`the first line of ${path} is empty, so it has no passphrase`);
  return line;
}
