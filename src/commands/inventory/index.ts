import { takeInventory } from "../../tasks/inventory.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { openSetting } from "../stack.ts";
import { readTimeout } from "../timeout.ts";
import { inventoryJson, inventorySchema } from "./json.ts";
import { printInventory } from "./show.ts";

export default defineCommand({
  about: "list what each backend holds, how big and how important it is, and what is about to be lost",
  args: {
    plugin: {
      type: "value",
      hint: "NAME",
      repeatable: true,
      complete: "backends",
      about: "only this backend; may be repeated",
    },
    timeout: {
      type: "value",
      hint: "DURATION",
      default: "30s",
      parse: readTimeout,
      about: "how long each backend may take to answer",
    },
    json: { type: "flag", about: "print one JSON object" },
  },
  examples: [
    { line: "inventory", about: "everything the stack holds, and what no snapshot holds yet" },
    { line: "inventory --plugin loki --json", about: "for a script" },
    {
      line: "persistence check-destroy",
      about:
        "to judge: it ends with 3 when data is unsaved; inventory warns, and ends with 3 only when a backend is missing",
    },
  ],
  json: inventorySchema,
  async run(call) {
    const { args, terminal } = call;
    const setting = await openSetting(call, { only: args.plugin });
    const taken = await takeInventory(setting, args.timeout);
    if (args.json) terminal.printJson(inventoryJson(setting.config.name, taken));
    else printInventory(terminal, taken);
    return taken.findings.every(({ state }) => state === "reached") ? EXIT.ok : EXIT.partial;
  },
});
