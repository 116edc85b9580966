/**
 * What an export costs beside its data: of servers that hold nothing, one backend after another. Loki shows the
 * configuration that a real one showed, since to read that is most of it.
 */
import { join } from "node:path";
import recordings from "../recordings/loki.json";
import { type Measured, measure, median } from "./run.ts";

const RUNS = 5;

const CONFIG = recordings.exchanges
  .map(({ response }) => response.body)
  .flatMap((body) => ("text" in body && typeof body.text === "string" ? [body.text] : []))
  .find((text) => text.startsWith("target: all"));

/** The server at `url`, with the recorded configuration. */
function withRealConfig(url: string) {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch({ url: asked, method, headers, body }) {
      const { pathname, search } = new URL(asked);
      if (pathname === "/config") return new Response(CONFIG);
      const answer = await fetch(url + pathname + search, { method, headers, body });
      return new Response(await answer.arrayBuffer(), { status: answer.status, headers: answer.headers });
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) };
}

/** @param urls of empty servers, by backend */
export async function benchFixed(
  directory: string,
  urls: Readonly<Record<string, string>>,
  row: (what: string, measured: string, budget: string) => void,
): Promise<void> {
  const loki = withRealConfig(urls.loki ?? "");
  for (const plugin of ["loki", "mimir", "tempo", "grafana"]) {
    const url = plugin === "loki" ? loki.url : (urls[plugin] ?? "");
    const env = { [`CONTEXTCORE_${plugin.toUpperCase()}_URL`]: url };
    const args = ["export", "-t", "2m", "--plugin", plugin, "-o", join(directory, "nothing"), "--json"];
    const runs: Measured[] = [];
    for (let run = 0; run < RUNS; run += 1) runs.push(await measure(args, { cwd: directory, env }));
    const cpu = median(runs.map((one) => one.cpu));
    const wall = median(runs.map((one) => one.wall));
    row(`export of nothing, ${plugin}`, `${cpu.toFixed(2)} s CPU, ${wall.toFixed(2)} s`, "0.5 s CPU");
  }
  loki.stop();
}
