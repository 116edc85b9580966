import type { Group } from "../command.ts";

const persistence: Group = {
  about: "the same commands under the names that ContextCore users know",
  commands: {
    inventory: async () => (await import("../inventory/index.ts")).default,
    export: async () => (await import("../export/index.ts")).default,
    audit: async () => (await import("../audit/list.ts")).default,
    show: async () => (await import("./show.ts")).default,
    "check-destroy": async () => (await import("./check-destroy.ts")).default,
  },
};

export default persistence;
