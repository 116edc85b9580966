import type { Group } from "./command.ts";

/** Every command. A line here, and its name in a section, add a file of this folder to the program. */
export const ROOT: Group = {
  about: "knows, saves, proves and accounts for the data of a Grafana stack",
  sections: [
    { title: "know", commands: ["inventory", "doctor", "persistence"] },
    { title: "save", commands: ["export", "snapshots", "restore", "dashboards"] },
    { title: "prove", commands: ["verify"] },
    { title: "account", commands: ["audit"] },
    { title: "let go", commands: ["destroy"] },
    { title: "set up", commands: ["config", "plugin", "completions", "man", "licenses", "version"] },
  ],
  commands: {
    inventory: async () => (await import("./inventory/index.ts")).default,
    doctor: async () => (await import("./doctor/index.ts")).default,
    export: async () => (await import("./export/index.ts")).default,
    snapshots: async () => (await import("./snapshots/index.ts")).default,
    restore: async () => (await import("./restore/index.ts")).default,
    dashboards: async () => (await import("./dashboards/index.ts")).default,
    verify: async () => (await import("./verify/index.ts")).default,
    audit: async () => (await import("./audit/index.ts")).default,
    destroy: async () => (await import("./destroy/index.ts")).default,
    config: async () => (await import("./config/index.ts")).default,
    plugin: async () => (await import("./plugin/index.ts")).default,
    persistence: async () => (await import("./persistence/index.ts")).default,
    completions: async () => (await import("./completions/index.ts")).default,
    man: async () => (await import("./man.ts")).default,
    licenses: async () => (await import("./licenses.ts")).default,
    version: async () => (await import("./version.ts")).default,
  },
};
