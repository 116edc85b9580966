import { afterAll } from "bun:test";
import grafana from "../../../plugins/grafana/index.ts";
import { testBackend } from "../../support/conformance.ts";
import { startGrafana } from "./support.ts";

const full = await startGrafana({ seed: 1 });
const empty = await startGrafana();
afterAll(async () => {
  await full[Symbol.asyncDispose]();
  await empty[Symbol.asyncDispose]();
});

testBackend({
  declaration: grafana,
  waived: ["find-then-erase"],
  options: { url: full.url },
  match: "tag=service",
  empty: {
    url: empty.url,
    managed: true,
    secrets: { "*/password": "a", "*/basicAuthPassword": "b", "*/httpHeaderValue1": "c" },
  },
  // What alerting wrote, and what belongs to other tools, is not taken back as it was.
  restorable: (_, text) => !text.includes('"newState":"Alerting"') && !text.includes("grafana.app/managedBy"),
});
