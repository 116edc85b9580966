/**
 * `bun run lab [--empty] [--seed N] [--now MS] [--default-ports | --ports JSON]`: starts the lab and prints one JSON line with
 * its URLs when it is ready. With `--now` its clock stands still: the same seed and the same time give the same data, so that a lab can be killed and started again.
 */
import { parseArgs } from "node:util";
import { startLab } from "./lab.ts";

const DEFAULT_PORTS = { tempo: 3200, mimir: 9009, loki: 3100, grafana: 3000, otlp: 4318 };

const { values } = parseArgs({
  options: {
    empty: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    now: { type: "string" },
    ports: { type: "string" },
    "default-ports": { type: "boolean", default: false },
  },
});

const lab = await startLab({
  empty: values.empty,
  seed: Number(values.seed),
  ...(values["default-ports"] ? { ports: DEFAULT_PORTS } : {}),
  ...(values.ports === undefined ? {} : { ports: JSON.parse(values.ports) }),
  ...(values.now === undefined ? {} : { now: () => BigInt(`${values.now}`) * 1_000_000n }),
});
console.log(JSON.stringify(lab.urls));

const stop = async (): Promise<void> => {
  await lab.stop();
  process.exitCode = 0;
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
