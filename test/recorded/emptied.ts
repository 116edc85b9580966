/** Takes everything out of a running Grafana, whatever it has. */
import * as v from "valibot";

const row = v.looseObject({
  uid: v.optional(v.string()),
  id: v.optional(v.number()),
  name: v.optional(v.string(), ""),
});
type Row = v.InferOutput<typeof row>;
const rows = v.array(row);
const P = "/api/v1/provisioning";

/** The contact point that every Grafana has. */
const OWN = ["email receiver", "grafana-default-email"];

/** @param authorization of its administrator */
export async function emptyGrafana(url: string, authorization: string): Promise<void> {
  const headers = { authorization, "X-Disable-Provenance": "true" };
  const ask = async (path: string): Promise<unknown> =>
    fetch(url + path, { headers }).then((answer) => (answer.ok ? answer.json() : []));
  const remove = async (path: string): Promise<void> =>
    void (await fetch(url + path, { method: "DELETE", headers }));
  const removeAll = async (found: unknown, at: (one: Row) => string): Promise<void> => {
    for (const one of v.parse(rows, found)) await remove(at(one));
  };
  const keyOf = ({ uid, id }: Row): string => uid ?? String(id);

  await remove(`${P}/policies`);
  await removeAll(
    ruled(await ask("/api/ruler/grafana/api/v1/rules")),
    (one) => `${P}/alert-rules/${keyOf(one)}`,
  );
  const points = v.parse(rows, await ask(`${P}/contact-points`)).filter(({ name }) => !OWN.includes(name));
  await removeAll(points, (one) => `${P}/contact-points/${keyOf(one)}`);
  for (const list of ["mute-timings", "templates"])
    await removeAll(await ask(`${P}/${list}`), ({ name }) => `${P}/${list}/${encodeURIComponent(name)}`);
  await removeAll(await ask("/api/search?type=dash-db"), (one) => `/api/dashboards/uid/${keyOf(one)}`);
  await removeAll(
    elements(await ask("/api/library-elements")),
    (one) => `/api/library-elements/${keyOf(one)}`,
  );
  await removeAll(await ask("/api/annotations?limit=1000"), ({ id }) => `/api/annotations/${id}`);
  await removeAll(await ask("/api/search?type=dash-folder"), (one) => `/api/folders/${keyOf(one)}`);
  await removeAll(await ask("/api/playlists"), (one) => `/api/playlists/${keyOf(one)}`);
  await removeAll(await ask("/api/datasources"), (one) => `/api/datasources/uid/${keyOf(one)}`);
}

const groups = v.record(v.string(), v.array(v.object({ rules: v.array(v.object({ grafana_alert: row })) })));

const ruled = (found: unknown): Row[] =>
  Array.isArray(found)
    ? []
    : Object.values(v.parse(groups, found)).flatMap((all) =>
        all.flatMap(({ rules }) => rules.map(({ grafana_alert }) => grafana_alert)),
      );

const elements = (found: unknown): Row[] =>
  Array.isArray(found)
    ? []
    : v.parse(v.object({ result: v.object({ elements: rows }) }), found).result.elements;
