const NAMES = [
  ...[
    "backend-scheduler",
    "backend-worker",
    "cache-provider",
    "distributor",
    "internal-server",
    "live-store",
  ],
  ...[
    "live-store-ring",
    "memberlist-kv",
    "metrics-generator",
    "overrides",
    "overrides-api",
    "partition-ring",
  ],
  ...["querier", "query-frontend", "server", "store"],
];

const RULE = `+${"-".repeat(19)}+${"-".repeat(9)}+${"-".repeat(14)}+\n`;

/** `/status/services`, every one running. */
export const SERVICES = [
  `GET /status/services\n${RULE}| SERVICE NAME      |  STATUS | FAILURE CASE |\n${RULE}`,
  ...NAMES.map((name) => `| ${name.padEnd(17)} | Running |              |\n`),
  RULE,
].join("");
