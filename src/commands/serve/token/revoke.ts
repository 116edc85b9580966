import { TOKEN_REVOKE } from "../../../results/service.ts";
import { revokeToken } from "../../../service/sign-in/tokens.ts";
import { UsageError } from "../../../tasks/task/errors.ts";
import { defineCommand } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { printResult } from "../../print-result.ts";
import { changed, TOKEN_NAME } from "./changed.ts";

export default defineCommand({
  about: "end a token: it counts no more, at once, nor do sessions that began with it",
  args: { name: { ...TOKEN_NAME, about: "what it is called" } },
  examples: [{ line: "serve token revoke grafana", about: "a running service refuses it from now on" }],
  json: [TOKEN_REVOKE],
  async run(call) {
    const { name } = call.args;
    await changed(call, { operation: "token_revoke", details: { name } }, (database) => {
      if (revokeToken(database, name)) return;
      throw new UsageError(`there is no token ${name}`, "contextcore serve token list shows them");
    });
    if (call.json) printResult(call, TOKEN_REVOKE, { name });
    else call.terminal.last(`${name} counts no more`);
    return EXIT.ok;
  },
});
