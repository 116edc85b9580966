import type { Group } from "../command.ts";

const keys: Group = {
  about:
    "the keys that encrypt snapshots in other places: make one, prove that one opens what is encrypted, print a page for the safe",
  commands: {
    new: async () => (await import("./new.ts")).default,
    check: async () => (await import("./check.ts")).default,
    kit: async () => (await import("./kit.ts")).default,
  },
};

export default keys;
