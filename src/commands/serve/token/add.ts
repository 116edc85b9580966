import { TOKEN_ADD } from "../../../results/service.ts";
import { ROLES } from "../../../service/listen/route.ts";
import { addToken } from "../../../service/sign-in/tokens.ts";
import { UsageError } from "../../../tasks/task/errors.ts";
import { parseDuration } from "../../../units/duration.ts";
import { given } from "../../../units/given.ts";
import { toMs } from "../../../units/range.ts";
import { defineCommand } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { printResult } from "../../print-result.ts";
import { changed, readNewName, TOKEN_NAME } from "./changed.ts";

export default defineCommand({
  about: "make a token, and print it: it is shown only now",
  args: {
    name: { ...TOKEN_NAME, parse: readNewName, about: "what it is called, in the trail as well" },
    role: {
      type: "value",
      values: ROLES,
      required: true,
      about: "viewer: look; admin: everything; ingest: only write activity",
    },
    expires: {
      type: "value",
      hint: "DURATION",
      parse: readLifetime,
      about: "after which it does not count any more, such as 90d (default: never)",
    },
  },
  examples: [
    { line: "serve token add grafana --role viewer --expires 90d", about: "prints the token, on stdout" },
    { line: "serve token add ada --role admin", about: "somebody who may do everything" },
  ],
  json: [TOKEN_ADD],
  async run(call) {
    const { name, role, expires: lastsMs } = call.args;
    const expiresAt = lastsMs === undefined ? undefined : Date.now() + lastsMs;
    const expires = expiresAt === undefined ? undefined : new Date(expiresAt).toISOString();
    const details = { name, role, ...given({ expires }) };
    const token = await changed(call, { operation: "token_add", details }, (database) =>
      addToken(database, { name, role, expiresAt }),
    );
    if (call.json) printResult(call, TOKEN_ADD, { name, role, ...given({ expires }), token });
    else {
      call.terminal.print(token);
      call.terminal.note(`${name} may call the API with it; it is shown only now`);
    }
    return EXIT.ok;
  },
});

/** ms */
function readLifetime(text: string): number {
  const ms = toMs(parseDuration(text));
  if (ms > 0) return ms;
  throw new UsageError(`${text} is over at once`, "for example 90d");
}
