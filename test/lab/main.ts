/**
 * `bun run lab [--empty] [--seed N] [--default-ports]`: starts the lab and prints one JSON line with its URLs when it is ready.
 */
import { parseArgs } from "node:util";
import { startLab } from "./lab.ts";

const DEFAULT_PORTS = { tempo: 3200, mimir: 9009, loki: 3100, grafana: 3000, otlp: 4318 };

const { values } = parseArgs({
  options: {
    empty: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    "default-ports": { type: "boolean", default: false },
  },
});

const lab = await startLab({
  empty: values.empty,
  seed: Number(values.seed),
  ...(values["default-ports"] ? { ports: DEFAULT_PORTS } : {}),
});
console.log(JSON.stringify(lab.urls));

const stop = async (): Promise<void> => {
  await lab.stop();
  process.exitCode = 0;
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
