import { type DrilledBackend, type DrillReport, isMeasured } from "../../drill/report.ts";
import { formatTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatBytes } from "../../units/bytes.ts";
import { minute } from "../../units/range.ts";
import { counted, listed } from "../../units/words.ts";
import { largestCounts } from "../report-export.ts";
import { secondsText, verdictText } from "./verdict.ts";

/** A line for each backend, below it why it is not proved, and how long a recovery would take. */
export function showReport(report: DrillReport, terminal: Terminal): void {
  const { colors } = terminal;
  terminal.tell(
    `drill ${colors.bold(report.name)}, begun ${minute(report.began)} UTC, ${secondsText(report.seconds)}`,
  );
  const rows = report.backends.map((one) => [
    colors.bold(one.backend),
    verdictText(one.verdict, colors),
    amountText(one),
    intoText(one),
    paceText(one),
  ]);
  const lines = formatTable([{}, {}, {}, {}, {}], rows, terminal.width());
  for (const line of lines) terminal.tell(line);
  for (const one of report.backends) showDetails(one, terminal);
  for (const line of conclusion(report)) terminal.tell(line);
}

const amountText = ({ back, saved, seconds }: DrilledBackend): string =>
  back === undefined && seconds === 0 ? "" : largestCounts({ counts: (back ?? saved)?.counts ?? {} });

const INTO = { server: "a server", scratch: "a scratch place", "look-alike": "a look-alike" } as const;

const intoText = ({ into }: DrilledBackend): string =>
  into === undefined ? "" : `into ${into.url ?? INTO[into.kind]}`;

function paceText({ restoreSeconds, bytes, records }: DrilledBackend): string {
  if (restoreSeconds === undefined || bytes === undefined) return "";
  const pace =
    records === undefined
      ? ""
      : `, ${Math.round(records / Math.max(restoreSeconds, 0.001)).toLocaleString("en")}/s`;
  return `restored in ${secondsText(restoreSeconds)} (${formatBytes(bytes)}${pace})`;
}

const REASONS_SHOWN = 10;

function showDetails(
  { backend, verdict, reasons, notes, lostTotal }: DrilledBackend,
  terminal: Terminal,
): void {
  const isWell = verdict === "proved" || verdict === "rehearsed";
  if (!isWell)
    for (const reason of reasons.slice(0, REASONS_SHOWN)) terminal.fault(verdict, `${backend}: ${reason}`);
  const more = Math.max(reasons.length, lostTotal) - REASONS_SHOWN;
  if (!isWell && more > 0)
    terminal.tell(`  and ${counted(more, "more reason")}: contextcore drill show --json has them`);
  for (const note of notes) terminal.detail(`note: ${backend}: ${note}`);
}

/** What is true after all of it. */
function conclusion({ verdict, backends, recoverySeconds }: DrillReport): string[] {
  const named = (wanted: DrilledBackend["verdict"]): string[] =>
    backends.filter((one) => one.verdict === wanted).map(({ backend }) => backend);
  const rehearsed = named("rehearsed");
  const pace =
    recoverySeconds === undefined
      ? []
      : [
          `at this pace a recovery takes about ${secondsText(recoverySeconds)}, one backend after the other${unmeasuredText(backends)}`,
        ];
  const only =
    rehearsed.length === 0
      ? []
      : [
          `${listed(rehearsed)} came back from a look-alike: that is rehearsed, and not proved; a server below \`drill\` in the configuration proves it`,
        ];
  return [...pace, ...only, SENTENCES[verdict]];
}

function unmeasuredText(backends: readonly DrilledBackend[]): string {
  const names = backends.filter((one) => !isMeasured(one)).map(({ backend }) => backend);
  return names.length === 0 ? "" : `; not in it: ${listed(names)}`;
}

const SENTENCES: Readonly<Record<DrillReport["verdict"], string>> = {
  proved: "everything came back as it was saved",
  rehearsed: "everything came back as it was saved",
  owed: "not everything was drilled: what is owed is named above",
  partial: "what came back is as it was saved, but not everything did",
  failed: "not everything could be restored and read back",
  refused: "a target was refused, and nothing was written to it",
  different: "something does not come back as it was saved",
};
