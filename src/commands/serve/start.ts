import { LOG_FORMATS } from "../../terminal/log.ts";
import { callerOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";

export default defineCommand({
  about: "serve until SIGTERM or SIGINT; a second one stops at once",
  args: {
    listen: {
      type: "value",
      hint: "ADDRESS:PORT",
      about:
        "where to listen (default: service.listen, 127.0.0.1:9083; of the relay alone activity.listen, 127.0.0.1:9084); port 0: one that is free",
    },
    only: {
      type: "value",
      values: ["relay"],
      about: "take in only what models are asked and answered: no tasks, no schedules, no trail",
    },
    "log-format": {
      type: "value",
      values: LOG_FORMATS,
      about: "the form of the log on stderr (default: text on a terminal, else json)",
    },
  },
  examples: [
    { line: "serve", about: "http://127.0.0.1:9083, for this machine only" },
    { line: "serve --only relay", about: "the relay alone, beside another service of this project" },
    { line: "serve --listen 127.0.0.1:0 --log-format text", about: "a free port, and a log for people" },
  ],
  async run(call) {
    const { terminal, args } = call;
    const format = args["log-format"] ?? (terminal.live ? "text" : "json");
    terminal.heed({
      quiet: terminal.quiet,
      color: format === "json" ? "never" : "auto",
      pager: false,
      log: format,
    });
    const start = { caller: callerOf(call), terminal, listen: args.listen };
    if (args.only === "relay") {
      const { serveRelay } = await import("../../service/serve/only-relay.ts");
      await serveRelay(start);
    } else {
      const { serve } = await import("../../service/serve/serve.ts");
      await serve(start);
    }
    return EXIT.ok;
  },
});
