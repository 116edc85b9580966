import { worker } from "../../tasks/worker.ts";
import { formatBytes } from "../../units/bytes.ts";
import { counted } from "../../units/words.ts";
import { defineCommand } from "../command.ts";
import { runCall } from "../conduct.ts";
import { exitOf } from "../exit-code.ts";

export default defineCommand({
  about: worker.about,
  args: worker.params,
  examples: [
    {
      line: "worker --queue redis://queue:6379",
      about: "until it is told to end; then it finishes what it has begun",
    },
    { line: "worker --queue redis://queue:6379 --plugin loki --concurrency 4", about: "only steps of Loki" },
  ],
  async run(call) {
    const { result, ending } = await runCall(worker, call);
    call.terminal.last(`ran ${counted(result.steps, "step")}, ${formatBytes(result.bytes)}`);
    return exitOf(ending);
  },
});
