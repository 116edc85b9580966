/**
 * `bun scripts/picture.ts`: runs the program in a pseudo-terminal against the lab and draws what it shows as docs/terminal.svg.
 * The picture is of the real program: run it again when the output changes.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startLab } from "../test/lab/lab.ts";

const root = resolve(import.meta.dir, "..");
const binary = join(root, "dist", "contextcore");
const COMMANDS = ["inventory", "export -t 24h", "verify latest", "snapshots list", "audit -n 2"];
const COLUMNS = 112;
const ESCAPE = "\\u001b";
/** A control sequence, a line's end, or text (ECMA-48). */
const TOKEN = new RegExp(`${ESCAPE}\\[[\\d;?]*[A-Za-z]|\\r|\\n|[^${ESCAPE}\\r\\n]+`, "g");
const SEQUENCE = new RegExp(`^${ESCAPE}\\[([\\d;?]*)([A-Za-z])$`);
const CELL = { width: 8.4, height: 19 };

/** What the command shows on a terminal, with its escapes; pinned progress lines as they last were. */
async function inTerminal(
  args: readonly string[],
  servers: Readonly<Record<string, string>>,
  home: string,
): Promise<string> {
  const decoder = new TextDecoder();
  let output = "";
  const urls = Object.entries(servers).map(([name, url]) => [`CONTEXTCORE_${name.toUpperCase()}_URL`, url]);
  const child = Bun.spawn([binary, ...args], {
    cwd: home,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: home,
      TZ: "UTC",
      USER: "ada",
      TERM: "xterm-256color",
      CONTEXTCORE_EXPORT_RECOUNT: "0s",
      ...Object.fromEntries(urls),
    },
    terminal: {
      cols: COLUMNS,
      rows: 40,
      data(_, data) {
        output += decoder.decode(data, { stream: true });
      },
    },
  });
  await child.exited;
  return output;
}

interface Span {
  readonly text: string;
  readonly style: string;
}

/** Plays the output on a screen: cursor up and erase as progress uses them, everything else is text. */
function screenLines(output: string): Span[][] {
  const lines: string[] = [""];
  let row = 0;
  for (const [token] of output.matchAll(TOKEN)) {
    const sequence = SEQUENCE.exec(token);
    if (token === "\n") row += 1;
    else if (sequence?.[2] === "A") row = Math.max(0, row - Number(sequence[1] || 1));
    else if (sequence?.[2] === "J") lines.length = row;
    else if (sequence?.[2] === "K") lines[row] = "";
    else if (token !== "\r" && (sequence === null || sequence[2] === "m"))
      lines[row] = (lines[row] ?? "") + token;
    while (lines.length <= row) lines.push("");
  }
  return lines.map(toSpans);
}

const CLASSES: Readonly<Record<string, string>> = {
  "1": "b",
  "2": "d",
  "31": "r",
  "32": "g",
  "33": "y",
  "36": "c",
};
const ENDS: Readonly<Record<string, readonly string[]>> = { "22": ["b", "d"], "39": ["r", "g", "y", "c"] };

function toSpans(line: string): Span[] {
  const spans: Span[] = [];
  let active: string[] = [];
  for (const [token] of line.matchAll(TOKEN)) {
    const codes = SEQUENCE.exec(token)?.[1]?.split(";");
    if (codes === undefined) spans.push({ text: token, style: active.join(" ") });
    for (const code of codes ?? []) {
      const begun = CLASSES[code];
      if (begun !== undefined) active = [...active, begun];
      else active = code === "0" || code === "" ? [] : active.filter((one) => !ENDS[code]?.includes(one));
    }
  }
  return spans;
}

function toSvg(lines: readonly Span[][]): string {
  const [width, height] = [COLUMNS * CELL.width + 40, lines.length * CELL.height + 50];
  const rows = lines.map((spans, row) => {
    const text = spans
      .map(({ text, style }) => `<tspan class="${style}">${escapeXml(text)}</tspan>`)
      .join("");
    return `<text x="20" y="${54 + row * CELL.height}" xml:space="preserve">${text}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">
<title>contextcore in a terminal</title>
<style>
rect{fill:#16181d}text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#d8dee9}
.b{font-weight:bold}.d{opacity:.6}.r{fill:#ef6b73}.g{fill:#8fd18a}.y{fill:#e5c07b}.c{fill:#6cc5d9}
</style>
<rect width="${width}" height="${height}" rx="8"/>
<circle cx="22" cy="20" r="6" fill="#ef6b73"/><circle cx="42" cy="20" r="6" fill="#e5c07b"/><circle cx="62" cy="20" r="6" fill="#8fd18a"/>
${rows.join("\n")}
</svg>
`;
}

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const lab = await startLab({ seed: 1 });
const home = await mkdtemp(join(tmpdir(), "contextcore-picture-"));
try {
  let shown = "";
  for (const command of COMMANDS) {
    const output = await inTerminal(command.split(" "), lab.urls, home);
    shown += `\u001b[2m$\u001b[22m \u001b[1mcontextcore ${command}\u001b[22m\r\n${output}\r\n`;
  }
  await Bun.write(join(root, "docs", "terminal.svg"), toSvg(screenLines(shown)));
} finally {
  await lab.stop();
  await rm(home, { recursive: true, force: true });
}
