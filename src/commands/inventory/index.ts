import { INVENTORY, inventoryJson } from "../../results/inventory.ts";
import { inventory } from "../../tasks/inventory.ts";
import { defineCommand } from "../command.ts";
import { planCall } from "../conduct.ts";
import { exitOf } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { printInventory } from "./show.ts";

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
    await using planned = await planCall(inventory, call);
    const { result, ending } = await planned.carryOut();
    if (call.json) printResult(call, INVENTORY, inventoryJson(result));
    else printInventory(call.terminal, result);
    return exitOf(ending);
  },
});
