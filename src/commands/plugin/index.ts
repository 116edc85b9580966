import type { Group } from "../command.ts";

const plugin: Group = {
  about: "write, check, trust and list plugins",
  commands: {
    list: async () => (await import("./list.ts")).default,
    info: async () => (await import("./info.ts")).default,
    new: async () => (await import("./new.ts")).default,
    check: async () => (await import("./check.ts")).default,
    add: async () => (await import("./add.ts")).default,
    trust: async () => (await import("./trust.ts")).default,
    remove: async () => (await import("./remove.ts")).default,
  },
};

export default plugin;
