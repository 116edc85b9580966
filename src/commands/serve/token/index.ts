import type { Group } from "../../command.ts";

const token: Group = {
  about: "who may call the API, and as what",
  commands: {
    add: async () => (await import("./add.ts")).default,
    list: async () => (await import("./list.ts")).default,
    revoke: async () => (await import("./revoke.ts")).default,
  },
};

export default token;
