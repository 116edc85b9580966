import { type HttpClient, v } from "contextcore";
import { toFileText } from "./exact-json.ts";
import { listItems } from "./folders.ts";
import { filePaths } from "./paths.ts";
import { asText, type Fields, objectSchema, read, resourcePath, type Server, without } from "./server.ts";
import { type ReadStep, stepOf, tolerant } from "./step.ts";

/** A playlist as its file says it, whichever API it came from. */
export interface Playlist {
  readonly uid: string;
  readonly name: string;
  readonly interval: string;
  readonly items: readonly Fields[];
}

export const exportPlaylists: ReadStep = stepOf({}, (server, _, signal) =>
  tolerant("playlists", async () => {
    const playlists = await readPlaylists(server, signal);
    const paths = filePaths(
      "playlists",
      playlists.map(({ uid, name }) => ({ uid, title: name })),
    );
    return {
      objects: playlists.map((playlist) => ({
        path: paths.get(playlist.uid) ?? "",
        text: toFileText(playlist),
        unit: "playlists",
      })),
    };
  }),
);

/** All playlists, whichever of Grafana's two APIs has them. */
export async function readPlaylists({ http, world }: Server, signal: AbortSignal): Promise<Playlist[]> {
  const known = await world(signal);
  if (known.playlists === undefined) return readClassic(http, signal);
  const items = await listItems(http, resourcePath(known, "playlist", known.playlists, "playlists"), signal);
  return items.map(({ metadata, spec }) => ({
    uid: metadata.name,
    name: asText(spec.title),
    interval: asText(spec.interval),
    items: v.parse(v.array(objectSchema), spec.items ?? []),
  }));
}

const rowSchema = v.object({ uid: v.string(), name: v.string(), interval: v.optional(v.string(), "") });
const detailSchema = v.object({ items: v.optional(v.nullable(v.array(objectSchema))) });

/** The old API lists at most as many as it is asked for, without pages. */
const MOST = 100_000;

async function readClassic(http: HttpClient, signal: AbortSignal): Promise<Playlist[]> {
  const rows = await read(http, v.array(rowSchema), {
    path: "/api/playlists",
    query: { limit: MOST },
    signal,
  });
  const playlists: Playlist[] = [];
  for (const { uid, name, interval } of rows) {
    const path = `/api/playlists/${encodeURIComponent(uid)}`;
    const { items } = await read(http, detailSchema, { path, signal });
    const plain = (items ?? []).map((item) =>
      without(item, "id", "Id", "playlistid", "PlaylistId", "playlistId"),
    );
    playlists.push({ uid, name, interval, items: plain });
  }
  return playlists;
}
