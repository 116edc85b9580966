/** Ends a hold: what it has put off is due from then on, and goes only by a plan of its own. */
import { changeHolds, readHolds } from "../retention/holds/file.ts";
import type { Hold } from "../retention/holds/hold.ts";
import { listed } from "../units/words.ts";
import { holdDetails } from "./hold-add.ts";
import { UsageError } from "./task/errors.ts";
import { type Done, defineTask, type Running } from "./task/task.ts";

const params = {
  name: { type: "positional", hint: "NAME", required: true, about: "the hold, as it is called" },
} as const;

export const holdEnd = defineTask({
  kind: "hold_end",
  about: "end a hold; what it has put off is due from then on, and goes only by a plan of its own",
  params,
  opens: () => "nothing",
  destructive: true,
  async plan({ name }, { config: { directory } }): Promise<Hold> {
    const holds = readHolds({ directory });
    return holds.find((one) => one.name === name) ?? missing(name, holds);
  },
  targets: (hold) => [{ kind: "hold", name: hold.name, identity: hold.since }],
  details: holdDetails,
  async run({ name, since, ...hold }, { config: { directory } }: Running): Promise<Done<Hold>> {
    await changeHolds({ directory }, (holds) => {
      const isIt = (one: Hold): boolean => one.name === name && one.since === since;
      if (!holds.some(isIt)) missing(name, holds);
      return holds.filter((one) => !isIt(one));
    });
    return { result: { name, since, ...hold }, ending: { outcome: "success" } };
  },
});

function missing(name: string, holds: readonly Hold[]): never {
  throw new UsageError(
    `there is no hold ${name}`,
    holds.length === 0 ? "none stands" : `there are ${listed(holds.map((one) => one.name))}`,
  );
}
