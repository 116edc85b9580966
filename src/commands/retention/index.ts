import type { Group } from "../command.ts";

const retention: Group = {
  about: "how long data is kept, what of it is due to go, and what is held beyond that",
  default: "show",
  commands: {
    show: async () => (await import("./show.ts")).default,
    hold: async () => (await import("./hold/index.ts")).default,
    apply: async () => (await import("./apply.ts")).default,
    archive: async () => (await import("./archive.ts")).default,
    logs: async () => (await import("./logs.ts")).default,
  },
};

export default retention;
