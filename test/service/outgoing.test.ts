/** What a task asks of servers says for which request it is asked. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { quietProject, startService } from "../support/service.ts";

setDefaultTimeout(60_000);

test("the id of a request is in every call that is made for it", async () => {
  const heard: (string | null)[] = [];
  using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch({ headers }) {
      heard.push(headers.get("x-request-id"));
      return Response.json({ status: "success", data: [] });
    },
  });
  const cwd = quietProject(`  logs: { plugin: loki, url: "http://127.0.0.1:${server.port}" }\n`);
  const service = await startService(cwd);
  const asked = await service.ask("/api/v1/tasks", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Request-Id": "of-the-caller" },
    body: JSON.stringify({ kind: "inventory" }),
  });
  const { id } = (await asked.json()) as { id: string };
  expect([asked.status, asked.headers.get("x-request-id")]).toEqual([202, "of-the-caller"]);
  const events = await service.ask(`/api/v1/tasks/${id}/events`, {
    headers: { Accept: "text/event-stream" },
  });
  await events.text();
  expect(heard.length).toBeGreaterThan(0);
  expect(new Set(heard)).toEqual(new Set(["of-the-caller"]));
  await service.stop();
});
