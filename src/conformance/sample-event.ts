import type { AuditRecord } from "../contract/contract.ts";

/** Text that a sink must carry unchanged. */
const DIFFICULT = 'quotes " and \\ and { }, é, 日本語, 🧨, \u0000\u001f, \n newline, </script>, $HOME';

/** The n-th event of a made-up project. The same number always gives the same event, chained to the one before it. */
export function sampleEvent(number: number, project = "contextcore-conformance"): AuditRecord {
  const event = {
    id: `01963b2e-0000-7000-8000-${String(number).padStart(12, "0")}`,
    seq: number + 1,
    timestamp: new Date(Date.UTC(2026, 0, 24, 14, 30, number)).toISOString(),
    operation: "export",
    outcome: "success",
    user: "conformance",
    host: "check",
    project,
    details: {
      note: number === 1 ? DIFFICULT : `event ${number}`,
      ...(number === 2 ? { long: "x".repeat(60_000) } : {}),
    },
    data_affected: ["loki"],
    prev_hash: hashOf(number - 1),
    hash: hashOf(number),
  };
  const { details: _, data_affected: __, prev_hash: ___, hash: ____, ...fields } = event;
  return { ...fields, line: JSON.stringify(event) };
}

const hashOf = (number: number): string =>
  new Bun.CryptoHasher("sha256").update(`conformance ${number}`).digest("hex");
