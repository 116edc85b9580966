import type { Group } from "../command.ts";

const retention: Group = {
  about: "how long data is kept, and what of it is due to go",
  default: "show",
  commands: {
    show: async () => (await import("./show.ts")).default,
  },
};

export default retention;
