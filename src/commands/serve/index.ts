import type { Group } from "../command.ts";

const serve: Group = {
  about: "serve the API: the same tasks over HTTP, with tokens and roles",
  default: "start",
  commands: {
    start: async () => (await import("./start.ts")).default,
    token: async () => (await import("./token/index.ts")).default,
  },
};

export default serve;
