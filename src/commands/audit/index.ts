import type { Group } from "../command.ts";

const audit: Group = {
  about: "the record of what was done to the stack: list, show, count, export, verify",
  default: "list",
  commands: {
    list: async () => (await import("./list.ts")).default,
    show: async () => (await import("./show.ts")).default,
    stats: async () => (await import("./stats.ts")).default,
    export: async () => (await import("./export.ts")).default,
    verify: async () => (await import("./verify.ts")).default,
    sinks: async () => (await import("./sinks/index.ts")).default,
    prune: async () => (await import("./prune.ts")).default,
    keygen: async () => (await import("./keygen.ts")).default,
  },
};

export default audit;
