/** Encodes the text of a step's lines as bytes right away, so that it is written only once. */
export function withBytes(step: unknown): unknown {
  if (typeof step !== "object" || step === null || !("records" in step) || !Array.isArray(step.records))
    return step;
  const records: readonly unknown[] = step.records;
  return { ...step, records: records.map(inBytes) };
}

const inBytes = (records: unknown): unknown =>
  typeof records === "object" && records !== null && "text" in records && typeof records.text === "string"
    ? { ...records, text: Buffer.from(records.text) }
    : records;
