import { TOKEN_LIST } from "../../../results/service.ts";
import { openDatabaseToRead } from "../../../service/database.ts";
import { listTokens, type Token } from "../../../service/sign-in/tokens.ts";
import { printTable } from "../../../terminal/table.ts";
import { given } from "../../../units/given.ts";
import { minute } from "../../../units/range.ts";
import { configOf } from "../../caller.ts";
import { defineCommand } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { printResult } from "../../print-result.ts";

export default defineCommand({
  about: "list the tokens, when each was last used, and which still count",
  examples: [
    { line: "serve token list", about: "their names and roles; the tokens themselves are kept nowhere" },
  ],
  json: [TOKEN_LIST],
  async run(call) {
    const { directory } = await configOf(call);
    const database = openDatabaseToRead(directory);
    const tokens = database === undefined ? [] : listTokens(database).map(asShown);
    database?.close(true);
    if (call.json) printResult(call, TOKEN_LIST, { tokens });
    else if (tokens.length === 0)
      call.terminal.tell("there are no tokens: contextcore serve token add makes one");
    else
      printTable(
        call.terminal,
        [{}, {}, {}, {}, {}],
        tokens.map(({ name, role, state, created, used, expires }) => [
          call.terminal.colors.bold(name),
          role,
          state === "valid" ? state : call.terminal.colors.yellow(state),
          used === undefined ? `made ${minute(created)}, never used` : `last used ${minute(used)}`,
          expires === undefined ? "" : `until ${minute(expires)}`,
        ]),
      );
    return EXIT.ok;
  },
});

function asShown({ name, role, createdAt, expiresAt, usedAt, revokedAt }: Token) {
  const isOver = expiresAt !== null && expiresAt <= Date.now();
  return {
    name,
    role,
    created: asTime(createdAt),
    ...given({
      expires: expiresAt === null ? undefined : asTime(expiresAt),
      used: usedAt === null ? undefined : asTime(usedAt),
    }),
    state: revokedAt !== null ? ("revoked" as const) : isOver ? ("expired" as const) : ("valid" as const),
  };
}

const asTime = (ms: number): string => new Date(ms).toISOString();
