/** What each file of a snapshot holds, for a restore by selector: what it is called, and what it needs. */
import { PluginError, v } from "contextcore";
import { readDraft } from "./dashboard-draft.ts";
import { parseExact } from "./exact-json.ts";
import { dataSourcesIn, libraryPanelsIn, textsUnder } from "./references.ts";
import { ANNOTATIONS, type Kind, kindOf } from "./restore-kinds.ts";
import type { KindName, Thing } from "./selector.ts";
import { asObject, asText, type Fields, objectSchema } from "./server.ts";

export interface StoredThing extends Omit<Thing, "folders"> {
  readonly file: string;
  /** Empty at the root; a folder's is its own uid, so that it lies in itself. */
  readonly folderUid: string;
  /** For a folder: the one above it. */
  readonly parentUid?: string;
  /** What others call it: `datasource/mimir`. */
  readonly names: readonly string[];
  /** What it is of no use without, by the same names. */
  readonly needs: readonly string[];
}

type Described = Omit<StoredThing, "file">;

const nameFor =
  (kind: KindName) =>
  (name: string): string =>
    `${kind}/${name}`;
export const folderName = nameFor("folder");
export const dashboardName = nameFor("dashboard");

/** What a file's object is; `undefined` for what no selector chooses by itself. @throws PluginError `invalid` naming the file */
export function describe(file: string, text: string): StoredThing | undefined {
  const kind = kindOf(file);
  if (kind === undefined || kind === ANNOTATIONS || !file.endsWith(".json")) return undefined;
  const object = objectIn(file, text);
  try {
    return { file, ...DESCRIBE[kind](object) };
  } catch (cause) {
    if (!(cause instanceof PluginError)) throw cause;
    throw new PluginError("invalid", `${file}: ${cause.message}`, { cause });
  }
}

/** @throws PluginError `invalid` naming the file */
export function objectIn(file: string, text: string): v.InferOutput<typeof objectSchema> {
  try {
    return v.parse(objectSchema, parseExact(text));
  } catch (cause) {
    throw new PluginError("invalid", `${file} does not hold one JSON object`, { cause });
  }
}

const DESCRIBE: Readonly<Record<Exclude<Kind, typeof ANNOTATIONS>, (object: Fields) => Described>> = {
  "grafana/folders/": (folder) => {
    const parentUid = asText(folder.parentUid);
    const uid = asText(folder.uid);
    return { ...thing("folder", folder, [uid]), folderUid: uid, parentUid, needs: inFolder(parentUid) };
  },
  "grafana/datasources/": (source) => thing("datasource", source, [asText(source.uid), asText(source.name)]),
  "grafana/library-panels/": (panel) => lying("library-panel", panel, asText(panel.folderUid)),
  "grafana/dashboards/": (object) => {
    const { uid = "", title, content, folderUid } = readDraft(object);
    const tags = Array.isArray(content.tags) ? content.tags.map(asText) : [];
    return { ...lying("dashboard", { uid, title, content }, folderUid), tags };
  },
  "grafana/alerting/templates/": (object) => thing("template", object, [asText(object.name)]),
  "grafana/alerting/mute-timings/": (object) => thing("mute-timing", object, [asText(object.name)]),
  "grafana/alerting/contact-points/": (object) => thing("contact-point", object, [asText(object.name)]),
  "grafana/alerting/policies/": (tree) => ({
    ...thing("policy", { name: "Notification policies" }, []),
    needs: routing(tree),
  }),
  "grafana/alerting/rules/": (group) => {
    const rules = Array.isArray(group.rules) ? group.rules.map(asObject) : [];
    const described = lying("rule", group, asText(group.folderUid));
    return {
      ...described,
      uids: rules.map(({ uid }) => asText(uid)),
      titles: [...described.titles, ...rules.map(({ title }) => asText(title))],
      needs: [...described.needs, ...routing(group)],
    };
  },
  "grafana/playlists/": (playlist) => ({
    ...thing("playlist", playlist, [asText(playlist.uid)]),
    needs: dashboardsOf(playlist),
  }),
};

/** @param called the names by which others refer to it */
function thing(kind: KindName, object: Fields, called: readonly string[]): Described {
  const uid = asText(object.uid);
  return {
    kind,
    uids: uid === "" ? [] : [uid],
    titles: [asText(object.title) || asText(object.name)],
    tags: [],
    folderUid: "",
    names: called.map(nameFor(kind)),
    needs: [],
  };
}

/** Something in a folder, with panels or queries in it. */
function lying(kind: KindName, object: Fields, folderUid: string): Described {
  const needs = [
    ...inFolder(folderUid),
    ...[...dataSourcesIn(object)].map(nameFor("datasource")),
    ...[...libraryPanelsIn(object)].map(nameFor("library-panel")),
  ];
  return { ...thing(kind, object, [asText(object.uid)]), folderUid, needs };
}

const inFolder = (uid: string): string[] => (uid === "" ? [] : [folderName(uid)]);

/** The contact points and mute timings that policies, or rules that route by themselves, name. */
const routing = (value: unknown): string[] => [
  ...[...textsUnder(value, "receiver")].map(nameFor("contact-point")),
  ...[...textsUnder(value, "mute_time_intervals", "active_time_intervals")].map(nameFor("mute-timing")),
];

const dashboardsOf = ({ items }: Fields): string[] =>
  (Array.isArray(items) ? items.map(asObject) : [])
    .filter(({ type }) => type === "dashboard_by_uid")
    .map(({ value }) => dashboardName(asText(value)));
