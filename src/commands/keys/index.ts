import type { Group } from "../command.ts";

const keys: Group = {
  about: "the keys that encrypt snapshots in other places: make one, prove that one opens what was encrypted",
  commands: {
    new: async () => (await import("./new.ts")).default,
    check: async () => (await import("./check.ts")).default,
  },
};

export default keys;
