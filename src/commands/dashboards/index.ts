import type { Group } from "../command.ts";

const dashboards: Group = {
  about: "manage dashboards: provision, list, export, delete",
  default: "list",
  commands: {
    provision: async () => (await import("./provision.ts")).default,
    list: async () => (await import("./list.ts")).default,
    export: async () => (await import("./export.ts")).default,
    delete: async () => (await import("./delete.ts")).default,
  },
};
export default dashboards;
