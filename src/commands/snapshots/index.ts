import type { Group } from "../command.ts";

const snapshots: Group = {
  about: "manage the kept snapshots: list, show, compare, copy, convert, prune, archive",
  default: "list",
  commands: {
    list: async () => (await import("./list.ts")).default,
    show: async () => (await import("./show.ts")).default,
    diff: async () => (await import("./diff.ts")).default,
    copy: async () => (await import("./copy.ts")).default,
    convert: async () => (await import("./convert.ts")).default,
    lifecycle: async () => (await import("./lifecycle.ts")).default,
    prune: async () => (await import("./prune.ts")).default,
  },
};
export default snapshots;
