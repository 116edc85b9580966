import type { Group } from "../../command.ts";

const hold: Group = {
  about: "what may not be deleted for as long as it is held: list, add, end",
  default: "list",
  commands: {
    list: async () => (await import("./list.ts")).default,
    add: async () => (await import("./add.ts")).default,
    end: async () => (await import("./end.ts")).default,
  },
};

export default hold;
