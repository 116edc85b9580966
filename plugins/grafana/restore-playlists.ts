import { v } from "contextcore";
import { type Playlist, readPlaylists } from "./playlists.ts";
import { create, EXISTING, putBack } from "./restore-object.ts";
import { objectSchema, resourcePath } from "./server.ts";

const playlistSchema = v.object({
  uid: v.string(),
  name: v.string(),
  interval: v.string(),
  items: v.array(objectSchema),
});

/** The old API gives a new playlist a uid of its own; one with the same name and items is then taken to be the same. */
export const putBackPlaylist = putBack(playlistSchema, async (restoring, playlist) => {
  const { uid, name, interval, items } = playlist;
  const { server, signal } = restoring;
  const world = await server.world(signal);
  const isSame = (one: Playlist): boolean =>
    one.uid === uid ||
    (world.playlists === undefined && one.name === name && Bun.deepEquals(one.items, items));
  const isThere = async () => (await readPlaylists(server, signal)).some(isSame);
  if (await isThere()) return EXISTING;
  if (world.playlists === undefined)
    return create(restoring, { path: "/api/playlists", json: { name, interval, items }, isThere });
  const json = {
    apiVersion: `playlist.grafana.app/${world.playlists}`,
    kind: "Playlist",
    metadata: { name: uid },
    spec: { title: name, interval, items },
  };
  const path = resourcePath(world, "playlist", world.playlists, "playlists");
  return create(restoring, { path, json, isThere });
});
