import { type Cursor, type RestoreDiagnostic, v } from "contextcore";
import { asObject, asText, objectSchema, toFileText, without } from "../json.ts";
import { type ObjectKind, type Place, readOne } from "../kind.ts";
import { listResources } from "../lists.ts";
import { putBack, putInPlace, type Write } from "../put.ts";
import { described, references } from "../references.ts";
import { read, readRows, resourcePath, type Server, soundRows, type World, withVersion } from "../server.ts";
import { dashboards } from "./dashboards.ts";

/** A playlist as stored in its file, whichever API it came from. */
const playlistSchema = v.object({
  uid: v.string(),
  name: v.string(),
  interval: v.string(),
  items: v.array(objectSchema),
});
type Playlist = v.InferOutput<typeof playlistSchema>;

/** Playlists. Before `/apis/playlist.grafana.app` a restored one gets another uid. */
export const playlists: ObjectKind = {
  name: "playlist",
  plural: "playlists",
  singular: "playlist",
  unit: "playlists",
  folder: "playlists",
  needs: [dashboards],
  note: (world) =>
    world.playlists === undefined ? "/api/playlists" : `/apis/playlist.grafana.app/${world.playlists}`,
  foresee: async (_, world) => (world.playlists === undefined ? [OTHER_UIDS] : []),

  async list(server, cursor) {
    if (cursor.half === undefined && (await server.world()).playlists !== undefined)
      return { items: (await readResources(server)).map((one) => ({ ...titled(one), object: one })) };
    const rows = (await readRows(server, rowSchema, CLASSIC)).filter((_, index) => isInHalf(index, cursor));
    return { items: rows.map((row) => ({ ...titled(row), cursor: row })) };
  },
  /** The old API lists them, too. */
  async split(server, cursor) {
    if (cursor.half !== undefined || (await server.world()).playlists === undefined) return {};
    await readRows(server, rowSchema, CLASSIC);
    return { cursors: [0, 1].map((half) => ({ ...cursor, half })) };
  },

  one: readOne(
    "playlist",
    { uid: v.string(), name: v.string(), interval: v.string() },
    {
      label: ({ name }) => name,
      read: async (server, row) => ({ text: toFileText(await readClassic(server, row)), problems: [] }),
    },
  ),

  describe(playlist) {
    const items = Array.isArray(playlist.items) ? playlist.items.map(asObject) : [];
    const shown = items.filter(({ type }) => type === "dashboard_by_uid").map(({ value }) => asText(value));
    return { ...described(playlist, [asText(playlist.uid)]), refers: references("dashboard", shown) };
  },

  place: placeOf,
  plain: ({ name, interval, items }) => ({
    name,
    interval,
    items: Array.isArray(items) ? items.map(asObject).map(({ type, value }) => ({ type, value })) : [],
  }),

  put: putBack(playlistSchema, async (restoring, playlist) => {
    const world = await restoring.world();
    return putInPlace(restoring, playlists, playlist, {
      owner: undefined,
      create: () => playlistRequest(world, playlist),
      replace: async (held) => [await replacement(restoring, { ...playlist, uid: asText(held.uid) })],
    });
  }),
};

/**
 * The old API gives a new playlist another uid, so with it a playlist of the same name is compared, the most similar one
 * first.
 */
function placeOf(server: Server): Place {
  let all: Promise<readonly Playlist[]> | undefined;
  return async ({ uid, name, items }) => {
    all ??= readPlaylists(server);
    const rows = await all;
    const same = rows.find((one) => one.uid === uid);
    if (same !== undefined || (await server.world()).playlists !== undefined) return same;
    const alike = rows.filter((one) => one.name === name);
    return alike.find((one) => Bun.deepEquals(one.items, items)) ?? alike[0];
  };
}

/** The call that replaces the playlist of this uid. */
async function replacement(server: Server, playlist: Playlist): Promise<Write> {
  const { uid } = playlist;
  const world = await server.world();
  const { path, json } = playlistRequest(world, playlist);
  const own = `${path}/${encodeURIComponent(uid)}`;
  if (world.playlists === undefined) return { method: "PUT", path: own, json };
  return { method: "PUT", path: own, json: await withVersion(server, own, asObject(json)) };
}

const OTHER_UIDS: RestoreDiagnostic = {
  severity: "alters",
  message: "This Grafana gives playlists uids of its own (12 and newer keep theirs).",
};

function playlistRequest(world: World, { uid, name, interval, items }: Playlist): Write {
  if (world.playlists === undefined) return { path: "/api/playlists", json: { name, interval, items } };
  const json = {
    apiVersion: `playlist.grafana.app/${world.playlists}`,
    kind: "Playlist",
    metadata: { name: uid },
    spec: { title: name, interval, items },
  };
  return { path: resourcePath(world, "playlist", world.playlists, "playlists"), json };
}

const titled = ({ uid, name }: Pick<Playlist, "uid" | "name">) => ({ uid, title: name });

const isInHalf = (index: number, { half }: Cursor): boolean => half === undefined || index % 2 === half;

async function readPlaylists(server: Server): Promise<Playlist[]> {
  if ((await server.world()).playlists !== undefined) return readResources(server);
  const playlists: Playlist[] = [];
  for (const row of await readRows(server, rowSchema, CLASSIC))
    playlists.push(await readClassic(server, row));
  return playlists;
}

async function readResources(server: Server): Promise<Playlist[]> {
  const world = await server.world();
  const path = resourcePath(world, "playlist", world.playlists ?? "", "playlists");
  const rows = (await listResources(server, path)).map(({ metadata, spec }) => ({
    uid: metadata.name,
    name: asText(spec.title),
    interval: asText(spec.interval),
    items: spec.items ?? [],
  }));
  return soundRows(server, playlistSchema, { rows, request: { path } });
}

/** Before 9.1 playlists have only numbers. */
const rowSchema = v.pipe(
  v.object({
    uid: v.optional(v.string()),
    id: v.optional(v.number()),
    name: v.string(),
    interval: v.optional(v.string(), ""),
  }),
  v.check(({ uid, id }) => uid !== undefined || id !== undefined, "it has no uid"),
  v.transform(({ uid, id, ...rest }) => ({ uid: uid ?? String(id), ...rest })),
);
const detailSchema = v.object({ items: v.optional(v.nullable(v.array(objectSchema))) });

/** The old API returns at most as many as requested, without pages. */
const CLASSIC = { path: "/api/playlists", query: { limit: 100_000 } };

async function readClassic(
  server: Server,
  { uid, name, interval }: Omit<Playlist, "items">,
): Promise<Playlist> {
  const { items } = await read(server, detailSchema, { path: `/api/playlists/${encodeURIComponent(uid)}` });
  const plain = (items ?? []).map((item) =>
    without(item, "id", "Id", "playlistid", "PlaylistId", "playlistId"),
  );
  return { uid, name, interval, items: plain };
}
