import { afterAll } from "bun:test";
import grafana from "../../../plugins/grafana/index.ts";
import { sender } from "../../lab/grafana/seed.ts";
import { testBackend } from "../../support/conformance.ts";
import { NOW, startGrafana } from "./support.ts";

const full = await startGrafana({ seed: 1 });
const empty = await startGrafana();
afterAll(async () => {
  await full[Symbol.asyncDispose]();
  await empty[Symbol.asyncDispose]();
});

for (const [text, tags] of [
  ["shipped by 4711, at last", ["release"]],
  ["order 47112 shipped", ["release"]],
  ["somebody called", ["user:4711"]],
  ["somebody else called", ["user:471", "user:4711x"]],
] as const)
  await sender(full.face)("POST", "/api/annotations", { text, tags, time: Number(NOW / 1_000_000n) - 1_000 });

testBackend({
  declaration: grafana,
  options: { url: full.url },
  subject: { id: "4711", where: "text={id}, tag=user:{id}" },
  match: "tag=service",
  empty: {
    url: empty.url,
    managed: true,
    secrets: { "*/password": "a", "*/basicAuthPassword": "b", "*/httpHeaderValue1": "c" },
  },
  // What alerting wrote, and what belongs to other tools, is not taken back as it was.
  restorable: (_, text) => !text.includes('"newState":"Alerting"') && !text.includes("grafana.app/managedBy"),
  waived: ["expire-old"],
});
