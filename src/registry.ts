import type { BuiltIn } from "./host/built-in.ts";

/** Every built-in plugin; this is the only file that imports them. Backends are shown in this order. */
export const BUILT_INS: readonly BuiltIn[] = [
  { name: "tempo", load: async () => (await import("../plugins/tempo/index.ts")).default },
  { name: "mimir", load: async () => (await import("../plugins/mimir/index.ts")).default },
  { name: "loki", load: async () => (await import("../plugins/loki/index.ts")).default },
  { name: "grafana", load: async () => (await import("../plugins/grafana/index.ts")).default },
  { name: "redis", onlyNamed: true, load: async () => (await import("../plugins/redis/index.ts")).default },
  { name: "sqlite", onlyNamed: true, load: async () => (await import("../plugins/sqlite/index.ts")).default },
  { name: "files", onlyNamed: true, load: async () => (await import("../plugins/files/index.ts")).default },
  {
    name: "activity",
    onlyNamed: true,
    load: async () => (await import("../plugins/activity/index.ts")).default,
  },
  { name: "file", load: async () => (await import("../plugins/file/index.ts")).default },
  { name: "webhook", load: async () => (await import("../plugins/webhook/index.ts")).default },
  {
    name: "directory",
    address: {
      scheme: "file",
      options: ({ pathname }) => ({ path: decodeURIComponent(pathname).replace(/(?<=.)\/+$/, "") }),
    },
    load: async () => (await import("../plugins/directory/index.ts")).default,
  },
  {
    name: "s3",
    address: {
      scheme: "s3",
      options: ({ host, pathname }) => ({ bucket: host, ...prefixOf(decodeURIComponent(pathname)) }),
    },
    load: async () => (await import("../plugins/s3/index.ts")).default,
  },
];

function prefixOf(path: string): { readonly prefix?: string } {
  const prefix = path.replaceAll(/^\/+|\/+$/g, "");
  return prefix === "" ? {} : { prefix };
}
