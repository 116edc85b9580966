import type { Group } from "../command.ts";

const retention: Group = {
  about: "how long data is kept, and what is held beyond that",
  default: "hold",
  commands: {
    hold: async () => (await import("./hold/index.ts")).default,
  },
};

export default retention;
