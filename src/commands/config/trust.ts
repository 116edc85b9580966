import { agreeTo, forget, type Standing } from "../../agreement/standing.ts";
import { readAgreements } from "../../agreement/store.ts";
import type { Config } from "../../config/config.ts";
import { CONFIG_TRUST, CONFIG_TRUST_LIST, CONFIG_TRUST_REMOVE, standingJson } from "../../results/config.ts";
import { trailPlaces } from "../../tasks/stack/trail-places.ts";
import { printTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { counted } from "../../units/words.ts";
import { agreementOf, claimLines } from "../agreement.ts";
import { configOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { confirmed } from "../confirmed.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

const args = {
  yes: { type: "flag", alias: "y", about: "agree without being asked" },
  list: { type: "flag", about: "show which projects you have agreed to" },
  remove: { type: "flag", about: "withdraw your agreement to this project" },
} as const;

type TrustCall = Call<typeof args>;

export default defineCommand({
  about: "show what this project runs, reads outside itself and sends beyond this machine, and agree to it",
  args,
  exclusive: [
    ["list", "remove"],
    ["list", "yes"],
    ["remove", "yes"],
  ],
  examples: [
    {
      line: "config trust",
      about: "once in somebody else's project, and again when it wants more",
    },
    { line: "config trust --json", about: "its `sha256` is the value for CONTEXTCORE_TRUST in CI" },
    { line: "config trust --remove", about: "as if you had never agreed" },
  ],
  json: [CONFIG_TRUST, CONFIG_TRUST_LIST, CONFIG_TRUST_REMOVE],
  jsonNote: "agree only with --yes",
  async run(call): Promise<ExitCode> {
    const config = await configOf(call);
    if (call.args.list) return list(call, config);
    const standing = await agreementOf(call, config);
    if (call.args.remove) return remove(call, config, standing);
    if (call.json) return report(call, config, standing);
    show(call, standing);
    if (standing.fresh.length === 0) return EXIT.ok;
    const answer = await confirmed(call, questionOf(standing));
    if (!answer.agrees) {
      call.terminal.last("nothing was agreed to");
      return answer.isNo ? EXIT.refused : EXIT.interrupted;
    }
    await agree(call, config, standing);
    call.terminal.tell(`agreed to ${standing.project}`);
    return EXIT.ok;
  },
});

const agree = (call: TrustCall, config: Config, standing: Standing): Promise<void> =>
  agreeTo(standing, trailPlaces(config).home, call.args.yes ? "flag" : "asked");

/** Everything that the project wants, with the part that is not agreed to yet listed separately. */
function show({ terminal }: TrustCall, { project, claims, fresh, agreement, pin, sha256 }: Standing): void {
  const name = project;
  if (claims.length === 0) {
    terminal.tell(
      `${name} needs no agreement: it runs no third-party code, and nothing leaves the project or this machine`,
    );
    return;
  }
  const known = claims.filter((claim) => !fresh.includes(claim));
  if (known.length > 0) {
    terminal.tell(pin === "fits" ? `CONTEXTCORE_TRUST agrees to ${name}:` : `You have agreed to ${name}:`);
    printClaims(terminal, known);
  }
  if (fresh.length > 0) {
    terminal.tell(agreement === undefined ? `${name}:` : "New since then:");
    printClaims(terminal, fresh);
  }
  terminal.tell(`CONTEXTCORE_TRUST=${sha256}`);
}

function printClaims({ tell, colors }: Terminal, claims: Standing["claims"]): void {
  for (const line of claimLines(claims, colors)) tell(line);
}

const questionOf = ({ sha256 }: Standing) => ({
  message: "Agree to this?",
  what: "the agreement",
  unasked: {
    message: "there is no terminal to ask on, and nothing was agreed to",
    hint: ["if you agree: --yes · for one run:", `CONTEXTCORE_TRUST=${sha256}`],
  },
});

/** With `--json` nobody is asked. */
async function report(call: TrustCall, config: Config, standing: Standing): Promise<ExitCode> {
  const { fresh } = standing;
  if (fresh.length > 0 && call.args.yes) await agree(call, config, standing);
  const left = call.args.yes ? [] : fresh;
  printResult(call, CONFIG_TRUST, standingJson(standing, left));
  return left.length === 0 ? EXIT.ok : EXIT.refused;
}

async function remove(call: TrustCall, config: Config, { project }: Standing): Promise<ExitCode> {
  const removed = await forget(config, trailPlaces(config).home);
  if (call.json) printResult(call, CONFIG_TRUST_REMOVE, { project, removed });
  else call.terminal.tell(removed ? `no longer agreed to ${project}` : `${project} was not agreed to`);
  return EXIT.ok;
}

async function list(call: TrustCall, config: Config): Promise<ExitCode> {
  const { terminal } = call;
  const agreements = Object.entries(readAgreements(trailPlaces(config).home).projects);
  const projects = agreements
    .filter(([, { how }]) => how !== "removed")
    .map(([project, { at, how, claims }]) => ({
      project,
      since: at,
      how,
      claimsTotal: claims.length,
    }));
  if (call.json) printResult(call, CONFIG_TRUST_LIST, { projects });
  else if (projects.length === 0) terminal.note("you have agreed to no project yet");
  else {
    const rows = projects.map(({ project, since, how, claimsTotal }) => [
      project,
      since.slice(0, 10),
      how,
      terminal.colors.dim(counted(claimsTotal, "claim")),
    ]);
    printTable(terminal, [{}, {}, {}, {}], rows);
  }
  return EXIT.ok;
}
