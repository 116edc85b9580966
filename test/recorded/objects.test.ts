/** A Grafana of several versions, as it answered: exported, emptied, restored and exported again, it holds what was made in it. */
import { expect, test } from "bun:test";
import * as v from "valibot";
import grafana from "../../plugins/grafana/index.ts";
import { restoreAll, tally } from "../plugins/grafana/support.ts";
import { openAt, rangeAt } from "./exported.ts";
import { exported, exportedFrom, sessionOf } from "./replayed.ts";
import { replay, type Session } from "./session.ts";

const servers = grafana.tried ?? [];

const call = v.object({ method: v.string(), path: v.string(), body: v.record(v.string(), v.unknown()) });
type Fields = Record<string, unknown>;

const ALERTING = "/api/v1/provisioning/";

/** What has a place in this version. */
function madeIn({ pushed, server }: Session) {
  const calls = pushed.map((one) => v.parse(call, one));
  if (!server.includes(" 7.")) return calls;
  return calls.filter(({ path }) => !path.startsWith(ALERTING) && path !== "/api/library-elements");
}

/** Members that come back as they were sent, of every kind of object. */
const KEPT =
  "uid title name type kind url user text tags interval folderUid folderUID ruleGroup condition for model template time_intervals routes time schemaVersion timeEnd panels dashboardUID".split(
    " ",
  );

const objectOf = ({ dashboard, ...own }: Fields): Fields =>
  typeof dashboard === "object" ? { ...own, ...dashboard } : own;

/** A call's object, as far as it is kept. */
const keptOf = (body: Fields): Fields =>
  Object.fromEntries(Object.entries(objectOf(body)).filter(([name]) => KEPT.includes(name)));

/** Every object of an export, and the rules in its groups. */
const objectsIn = (files: ReadonlyMap<string, string>): Fields[] =>
  [...files].flatMap(([path, text]) => {
    const texts = path.endsWith(".jsonl") ? text.trim().split("\n") : [text];
    return texts
      .map((one): Fields => JSON.parse(one))
      .flatMap((one) => [objectOf(one), ...(Array.isArray(one.rules) ? one.rules : [])]);
  });

test.each(servers)("%s: everything that was made is in the export", async (server) => {
  const { session, files, claims, inventory } = await exported(server);
  const found = objectsIn(files);
  const made = madeIn(session);
  const lost = made
    .map(({ body }) => keptOf(body))
    .filter((one) => !found.some((held) => Bun.deepMatch(one, held)));
  expect(lost).toEqual([]);
  const annotations = made.filter(({ path }) => path === "/api/annotations").length;
  expect(claims?.counts).toMatchObject({ annotations, playlists: 1 });
  expect(inventory.serverVersion).toBe(server.replace("Grafana ", ""));
});

/** Before 12 a playlist that is made has another uid. */
const withoutPlaylists = (files: ReadonlyMap<string, string>): Fields =>
  Object.fromEntries([...files].filter(([path]) => !path.startsWith("grafana/playlists/")));

test.each(servers)("%s: emptied and restored, it holds the same again", async (server) => {
  const session = await sessionOf(server);
  const { restore = {}, again = {} } = session.afterwards ?? {};
  const { files } = await exportedFrom(session, session.answers);
  await using emptied = replay(restore);
  const { backend } = await openAt(emptied.url, "grafana", session.clock);
  const { rejected, differing, problems, written } = tally(
    await restoreAll(backend, files, rangeAt("grafana", session.clock)),
  );
  expect({ rejected, differing, unknown: emptied.unknown }).toEqual({
    rejected: [],
    differing: [],
    unknown: [],
  });
  expect(problems.flatMap(({ items }) => items ?? [])).toEqual([]);
  expect(written).toBeGreaterThanOrEqual(files.size - 2);
  expect(withoutPlaylists((await exportedFrom(session, again)).files)).toEqual(withoutPlaylists(files));
});
