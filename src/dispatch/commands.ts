import type { Group } from "../commands/command.ts";

const inventory = async () => (await import("../commands/inventory/index.ts")).default;
const exporting = async () => (await import("../commands/export/index.ts")).default;

const persistence: Group = {
  about: "the same commands under the names that ContextCore users know",
  commands: {
    inventory,
    export: exporting,
    audit: async () => (await import("../commands/audit/list.ts")).default,
    show: async () => (await import("../commands/persistence/show.ts")).default,
    "check-destroy": async () => (await import("../commands/persistence/check-destroy.ts")).default,
  },
};

/** Every command. A line here, and its name in a section of the help, add a folder of `commands/` to the program. */
export const ROOT: Group = {
  about: "knows, saves, proves and accounts for the data of a Grafana stack",
  sections: [
    { title: "know", commands: ["inventory", "doctor", "persistence"] },
    { title: "save", commands: ["export", "snapshots", "restore", "recover", "dashboards"] },
    { title: "prove", commands: ["verify", "drill"] },
    { title: "account", commands: ["audit", "activity", "metrics"] },
    { title: "serve", commands: ["serve", "schedules", "worker"] },
    { title: "let go", commands: ["retention", "subject", "destroy"] },
    { title: "set up", commands: ["config", "keys", "plugin", "completions", "man", "licenses", "version"] },
  ],
  commands: {
    inventory,
    doctor: async () => (await import("../commands/doctor/index.ts")).default,
    export: exporting,
    snapshots: async () => (await import("../commands/snapshots/index.ts")).default,
    restore: async () => (await import("../commands/restore/index.ts")).default,
    recover: async () => (await import("../commands/recover/index.ts")).default,
    dashboards: async () => (await import("../commands/dashboards/index.ts")).default,
    verify: async () => (await import("../commands/verify/index.ts")).default,
    drill: async () => (await import("../commands/drill/index.ts")).default,
    audit: async () => (await import("../commands/audit/index.ts")).default,
    activity: async () => (await import("../commands/activity/index.ts")).default,
    metrics: async () => (await import("../commands/metrics/index.ts")).default,
    serve: async () => (await import("../commands/serve/index.ts")).default,
    schedules: async () => (await import("../commands/schedules/index.ts")).default,
    worker: async () => (await import("../commands/worker/index.ts")).default,
    retention: async () => (await import("../commands/retention/index.ts")).default,
    subject: async () => (await import("../commands/subject/index.ts")).default,
    destroy: async () => (await import("../commands/destroy/index.ts")).default,
    config: async () => (await import("../commands/config/index.ts")).default,
    keys: async () => (await import("../commands/keys/index.ts")).default,
    plugin: async () => (await import("../commands/plugin/index.ts")).default,
    persistence: async () => persistence,
    completions: async () => (await import("../commands/completions/index.ts")).default,
    man: async () => (await import("../commands/man/index.ts")).default,
    licenses: async () => (await import("../commands/licenses/index.ts")).default,
    version: async () => (await import("../commands/version/index.ts")).default,
  },
};
