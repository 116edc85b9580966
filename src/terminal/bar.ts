const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A share of `cells` characters as a bar, to an eighth of a character and padded to its width; any share above 0 shows. */
export function bar(share: number, cells: number): string {
  const shown = Math.min(1, Math.max(0, share));
  const eighths = Math.max(shown > 0 ? 1 : 0, Math.round(shown * cells * 8));
  return ("█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "")).padEnd(cells);
}
