/** What the folders that a thing lies in are called, for the condition `folder` of a selector. */

export interface NamedFolder {
  readonly uid: string;
  readonly title: string;
  /** Empty at the root. */
  readonly parentUid: string;
}

/** Grafana's own name for the root. */
const ROOT = "general";

/** The uids and titles from a folder up to the root, and the titles joined by `/`; for the root its own name. */
export function folderNames(folders: readonly NamedFolder[]): (uid: string) => readonly string[] {
  const byUid = new Map(folders.map((folder) => [folder.uid, folder]));
  return (uid) => {
    if (uid === "") return [ROOT];
    const names = new Set<string>();
    for (const one of chainOf(byUid, uid)) {
      const titles = chainOf(byUid, one).flatMap((above) => byUid.get(above)?.title ?? []);
      for (const name of [one, ...titles.slice(0, 1), titles.toReversed().join("/")]) names.add(name);
    }
    names.delete("");
    return [...names];
  };
}

/** The folder and those above it, upwards; a circle, which only a damaged file can have, is walked once. */
function chainOf(byUid: ReadonlyMap<string, NamedFolder>, start: string): string[] {
  const seen = new Set<string>();
  for (let uid = start; uid !== "" && !seen.has(uid); uid = byUid.get(uid)?.parentUid ?? "") seen.add(uid);
  return [...seen];
}
