import type { Group } from "../command.ts";

const subject: Group = {
  about: "one person's data: find it everywhere, hand it over, erase it, and show that it was",
  commands: {
    find: async () => (await import("./find.ts")).default,
    export: async () => (await import("./export.ts")).default,
    erase: async () => (await import("./erase.ts")).default,
    requests: async () => (await import("./requests.ts")).default,
    retry: async () => (await import("./retry.ts")).default,
  },
};

export default subject;
