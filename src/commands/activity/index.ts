import type { Group } from "../command.ts";

const activity: Group = {
  about: "what models were asked and answered: list, show, count, export, record, purge",
  default: "list",
  commands: {
    list: async () => (await import("./list.ts")).default,
    show: async () => (await import("./show.ts")).default,
    stats: async () => (await import("./stats.ts")).default,
    export: async () => (await import("./export.ts")).default,
    record: async () => (await import("./record.ts")).default,
    purge: async () => (await import("./purge.ts")).default,
  },
};

export default activity;
