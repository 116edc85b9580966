import type { Group } from "../../command.ts";

const sinks: Group = {
  about: "where events go besides the trail: show, test, deliver",
  default: "list",
  commands: {
    list: async () => (await import("./list.ts")).default,
    test: async () => (await import("./test.ts")).default,
    deliver: async () => (await import("./deliver.ts")).default,
  },
};

export default sinks;
