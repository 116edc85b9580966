import type { Group } from "../command.ts";

const config: Group = {
  about: "write, check or show the configuration, and agree to what it does",
  commands: {
    init: async () => (await import("./init.ts")).default,
    check: async () => (await import("./check.ts")).default,
    show: async () => (await import("./show.ts")).default,
    trust: async () => (await import("./trust.ts")).default,
  },
};

export default config;
