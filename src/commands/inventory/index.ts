import { INVENTORY, inventoryJson } from "../../results/inventory.ts";
import { inventory } from "../../tasks/inventory.ts";
import { defineCommand } from "../command.ts";
import { runCall } from "../conduct.ts";
import { exitOf } from "../exit-code.ts";
import { printInventory } from "../print-inventory.ts";
import { printResult } from "../print-result.ts";

export default defineCommand({
  about: inventory.about,
  args: inventory.params,
  examples: [
    { line: "inventory", about: "everything the stack holds, and what no snapshot holds yet" },
    { line: "inventory --plugin loki --json", about: "for a script" },
    {
      line: "persistence check-destroy",
      about:
        "as a check: exit code 3 when data is unsaved; inventory only warns, with exit code 3 when a backend is missing",
    },
  ],
  json: [INVENTORY],
  paged: () => true,
  async run(call) {
    const { result, ending } = await runCall(inventory, call);
    if (call.json) printResult(call, INVENTORY, inventoryJson(result));
    else printInventory(call.terminal, result);
    return exitOf(ending);
  },
});
