const DECIMAL = ["B", "kB", "MB", "GB", "TB", "PB"];

const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  kib: 1024,
  m: 1e6,
  mb: 1e6,
  mib: 1024 ** 2,
  g: 1e9,
  gb: 1e9,
  gib: 1024 ** 3,
  t: 1e12,
  tb: 1e12,
  tib: 1024 ** 4,
};

/** `48.2 MB`: one decimal, powers of ten, as disks and `docker` count. Below 1 kB `812 B`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.95 && unit < DECIMAL.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${DECIMAL[unit]}`;
}

/**
 * Reads `8MiB`, `1.5 GB`, `4096` into bytes.
 * @throws RangeError when the text is not a size, or one that no disk has.
 */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const factor = FACTORS[match?.[2]?.toLowerCase() ?? "?"];
  if (match === null || factor === undefined) {
    throw new RangeError(`not a size: ${JSON.stringify(text)} (use 500MB, 2GiB)`);
  }
  const bytes = Math.floor(Number(match[1]) * factor);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new RangeError(`too large: ${JSON.stringify(text)}`);
}
