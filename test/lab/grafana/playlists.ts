import { requireRole } from "./access.ts";
import { fields, json, list, refuse, text } from "./reply.ts";
import { storePlaylist } from "./resources.ts";
import type { Call, Routes } from "./router.ts";
import type { Fields, Playlist } from "./store.ts";

/** The old API cannot be told a new playlist's uid. */
export const playlistRoutes: Routes = {
  "GET /api/playlists": ({ server }) =>
    json(
      [...server.store.playlists.values()].map(({ id, uid, name, interval }) => ({
        id,
        ...(server.major < 9 ? {} : { uid }),
        name,
        interval,
      })),
    ),
  "GET /api/playlists/:uid": (call) => {
    const { uid, name, interval, items } = found(call);
    return json({ uid, name, interval, items });
  },
  "PUT /api/playlists/:uid": (call) => {
    const { server, body, account } = call;
    requireRole(account, "Editor", "playlists:write");
    const spec = {
      title: text(body.name),
      interval: text(body.interval),
      items: list(body.items).map(fields),
    };
    const { id, uid, name, interval, items } = storePlaylist(server, account, found(call).uid, spec);
    return json({ id, uid, name, interval, items });
  },
  "POST /api/playlists": ({ server, body, account }) => {
    requireRole(account, "Editor", "playlists:create");
    const spec: Fields = {
      title: text(body.name),
      interval: text(body.interval),
      items: list(body.items).map(fields),
    };
    const { id, uid, name, interval } = storePlaylist(server, account, "", spec);
    return json({ id, uid, name, interval });
  },
};

function found({ server, params }: Call): Playlist {
  const { uid = "" } = params;
  const all = server.store.playlists;
  // Before 9.1 they have only numbers.
  const playlist = server.major < 9 ? [...all.values()].find(({ id }) => String(id) === uid) : all.get(uid);
  if (playlist === undefined) throw refuse(404, "Playlist not found");
  return playlist;
}
