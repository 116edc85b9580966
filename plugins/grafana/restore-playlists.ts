import { v } from "contextcore";
import { readPlaylists } from "./playlists.ts";
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
  const there = await readPlaylists(server, signal);
  if (there.some((one) => one.uid === uid)) return EXISTING;
  const world = await server.world(signal);
  if (world.playlists === undefined) {
    if (there.some((one) => one.name === name && Bun.deepEquals(one.items, items))) return EXISTING;
    return create(restoring, { path: "/api/playlists", json: { name, interval, items } });
  }
  const json = {
    apiVersion: `playlist.grafana.app/${world.playlists}`,
    kind: "Playlist",
    metadata: { name: uid },
    spec: { title: name, interval, items },
  };
  return create(restoring, { path: resourcePath(world, "playlist", world.playlists, "playlists"), json });
});
