/**
 * The selector `--match` for dashboards, in the words of Grafana's own search: `tag:NAME`, `folder:UID`, and the rest is
 * looked for in the title. Several tags must all fit; several folders are alternatives.
 */
export interface Match {
  readonly query?: string;
  readonly tag?: readonly string[];
  readonly folderUIDs?: readonly string[];
}

export function parseMatch(source: string | undefined): Match {
  const words = (source ?? "").split(/\s+/).filter((word) => word !== "");
  const named = (prefix: string): string[] =>
    words.filter((word) => word.startsWith(prefix)).map((word) => word.slice(prefix.length));
  const tag = named("tag:");
  const folderUIDs = named("folder:");
  const query = words.filter((word) => !/^(tag|folder):/.test(word)).join(" ");
  return {
    ...(query === "" ? {} : { query }),
    ...(tag.length === 0 ? {} : { tag }),
    ...(folderUIDs.length === 0 ? {} : { folderUIDs }),
  };
}
