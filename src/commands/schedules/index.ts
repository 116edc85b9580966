import type { Group } from "../command.ts";

const schedules: Group = {
  about: "tasks that run by themselves: list them, run one now, write them for cron or systemd",
  default: "list",
  commands: {
    list: async () => (await import("./list.ts")).default,
    run: async () => (await import("./run.ts")).default,
    export: async () => (await import("./export.ts")).default,
  },
};

export default schedules;
