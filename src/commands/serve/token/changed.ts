/** What the commands for tokens share: the database, and the event of a change. */
import type { Database } from "bun:sqlite";
import type { NewEvent } from "../../../audit/format/event.ts";
import { openDatabase } from "../../../service/database.ts";
import { openStackTrail } from "../../../tasks/stack/stack.ts";
import { UsageError } from "../../../tasks/task/errors.ts";
import { callerOf, configOf } from "../../caller.ts";
import type { Call } from "../../command.ts";

const NAME = /^[a-z\d](?:[\w.@-]{0,62}[a-z\d])?$/i;

/** A token's name, which stands in the trail as that of a user. */
export const TOKEN_NAME = {
  type: "positional",
  hint: "NAME",
  required: true,
  parse: readName,
} as const;

function readName(text: string): string {
  if (NAME.test(text)) return text;
  throw new UsageError(`${JSON.stringify(text)} is no name`, "letters, digits and . _ - @, at most 64");
}

/**
 * Names that stand in the trail for somebody else: for who has shown no token, for the system's users that run programs, and for
 * what starts tasks.
 */
const RESERVED = /^(anonymous|nobody|unknown|root|system|daemon|contextcore|cli|api|schedule|uid-\d+)$/i;

/** A name that a new token may have. @throws UsageError */
export function readNewName(text: string): string {
  if (!RESERVED.test(text)) return readName(text);
  throw new UsageError(
    `${text} cannot be a token's name: in the trail it stands for somebody else`,
    "name who holds it, such as grafana or ada",
  );
}

/**
 * Changes something of the tokens, once that is recorded: nobody gets access that the trail does not know of.
 * @throws TrailError; what the change throws
 */
export async function changed<Result>(
  call: Call,
  event: Pick<NewEvent, "operation" | "details">,
  change: (database: Database) => Result,
): Promise<Result> {
  const config = await configOf(call);
  await using parts = new AsyncDisposableStack();
  const database = openDatabase(config.directory);
  parts.defer(() => database.close(true));
  const trail = parts.use(openStackTrail(callerOf(call), config));
  database.run("BEGIN IMMEDIATE");
  try {
    const result = change(database);
    await trail.append({ ...event, outcome: "success" });
    database.run("COMMIT");
    return result;
  } catch (error) {
    database.run("ROLLBACK");
    throw error;
  }
}
