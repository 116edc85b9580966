/** Names of what an export straight into a place keeps there until it is finished. */
import { ENCRYPTED } from "./copy-file.ts";

/** What is asked for, below the snapshot's name. */
export const PLAN_FILE = "plan.json";

/** The steps that are done. */
export const COMMITS_FOLDER = "commits/";

/** The last commit, with the manifest's text: from then on nothing is read any more. */
export const MANIFEST_COMMIT = `${COMMITS_FOLDER}manifest.json`;

const NAME = /^(plan|commits\/([0-9a-f]{64}(-\d+)?|manifest))\.json$/;

/** Whether an object belongs to an export's bookkeeping, and not to what it exports. @param name below the snapshot's */
export const isBookkeeping = (name: string): boolean => NAME.test(plainName(name));

/** What something is called without what its stored form adds. */
export const plainName = (stored: string): string =>
  stored.endsWith(ENCRYPTED) ? stored.slice(0, -ENCRYPTED.length) : stored;
