/** `~/.contextcore/agreements.json`: what this user has agreed to, by project. */
import { join, resolve } from "node:path";
import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import { type Entry, entryAt } from "../storage/entries.ts";
import { withLock } from "../storage/lock.ts";
import { makeOwnDirectory, readOwnText } from "../storage/own-file.ts";
import { type FileFailure, fileFailure } from "../storage/refusal.ts";
import { writeWhole } from "../storage/whole-file.ts";
import { given } from "../units/given.ts";

/** What the user has agreed to cannot be read, or cannot be stored. */
class AgreementError extends Error {
  override readonly name = "AgreementError";
  /** What the reader can do about it, one sentence. */
  readonly hint: string | undefined;

  constructor({ message, hint, cause }: Omit<FileFailure, "cause"> & { readonly cause?: unknown }) {
    super(message, given({ cause }));
    this.hint = hint;
  }
}

const failed = (failure: FileFailure): AgreementError => new AgreementError(failure);

/** Far more than the agreements of any user. */
const BYTES_MAX = 1 << 20;

const agreementSchema = v.object({
  /** RFC 3339. */
  at: v.string(),
  /**
   * How the user agreed: `asked` or by `flag`; `plugin`: one was added or trusted; `adopted`: it was in use before agreement was
   * asked for; `removed`: withdrawn, and remembered so that it is not adopted again.
   */
  how: v.picklist(["asked", "flag", "plugin", "adopted", "removed"]),
  /** The `claimId` of each claim. */
  claims: v.array(v.string()),
});

const storeSchema = v.object({
  version: v.literal(1),
  /** Identifies the file that this was written into, so that a copy is recognized. */
  self: v.string(),
  projects: objectOf(agreementSchema),
});

/** What was agreed to for one project. */
export type Agreement = v.InferOutput<typeof agreementSchema>;

/** By the path of the project's configuration. */
type Agreements = Readonly<Record<string, Agreement>>;

/** @param home `~/.contextcore` */
export const storePath = (home: string): string => join(resolve(home), "agreements.json");

/** The contents of the agreements file, as far as they count. */
interface KeptAgreements {
  readonly projects: Agreements;
  /** Whether the file exists but was not written there by this program: it was copied, restored or made by somebody else, and is ignored. */
  readonly isForeign: boolean;
}

/**
 * What this user has agreed to. Only the file that this program itself wrote counts, because a project's author could include
 * a prepared home directory and get the program started with it.
 * @throws AgreementError when the file exists and cannot be used
 */
export function readAgreements(home: string): KeptAgreements {
  const path = storePath(home);
  const found = entryAt(path);
  if (found === undefined) return { projects: {}, isForeign: false };
  if (found.kind !== "file") throw unusable(path, "is not a regular file");
  const { self, projects } = parsed(path);
  const isForeign = self !== selfOf(found);
  return { projects: isForeign ? {} : projects, isForeign };
}

/** Changes what is agreed to, under a lock. @throws AgreementError when it cannot be stored */
export async function changeAgreements(
  home: string,
  change: (agreements: Agreements) => Agreements,
): Promise<void> {
  attempt("make", resolve(home), () => makeOwnDirectory(resolve(home), resolve(home), 0o700));
  await withLock(join(resolve(home), "agreements.lock"), failed, async () => {
    const projects = change(readAgreements(home).projects);
    const text = (made: Entry): string =>
      `${JSON.stringify({ version: 1, self: selfOf(made), projects }, undefined, 2)}\n`;
    attempt("write", storePath(home), () => writeWhole(storePath(home), text, { mode: 0o600 }));
  });
}

function attempt(doing: "make" | "write", path: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    throw failed(fileFailure(doing, path, cause, { purpose: "write", isMaking: doing === "make" }));
  }
}

/** Nobody who prepares files can choose these numbers: they are assigned when the file is created. */
const selfOf = ({ ino, bornNs }: Entry): string => `${ino}-${bornNs}`;

function parsed(path: string): v.InferOutput<typeof storeSchema> {
  const checked = v.safeParse(storeSchema, jsonIn(path));
  if (checked.success) return checked.output;
  const isNewer = checked.issues.some((issue) => v.getDotPath(issue) === "version");
  throw unusable(path, isNewer ? "was written by another version of contextcore" : "is damaged");
}

function jsonIn(path: string): unknown {
  const text = readOwnText(path, BYTES_MAX);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const unusable = (path: string, why: string): AgreementError =>
  new AgreementError({
    message: `${path} ${why}: nobody can tell what you have agreed to`,
    hint: "Move it away, then agree to your projects again: contextcore config trust",
  });
