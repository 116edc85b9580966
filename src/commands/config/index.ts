import type { Group } from "../command.ts";

const config: Group = {
  about: "write, check or show the configuration",
  commands: {
    init: async () => (await import("./init.ts")).default,
    check: async () => (await import("./check.ts")).default,
    show: async () => (await import("./show.ts")).default,
  },
};

export default config;
