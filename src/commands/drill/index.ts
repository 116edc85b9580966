import type { Group } from "../command.ts";

const drill: Group = {
  about: "restore what is kept into empty targets, and compare: whether it would come back, and how fast",
  default: "run",
  commands: {
    run: async () => (await import("./run.ts")).default,
    list: async () => (await import("./list.ts")).default,
    show: async () => (await import("./show.ts")).default,
  },
};

export default drill;
