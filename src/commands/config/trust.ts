import * as v from "valibot";
import { claimId } from "../../agreement/claim.ts";
import { agreeTo, forget, type Standing } from "../../agreement/standing.ts";
import { readAgreements } from "../../agreement/store.ts";
import type { Config } from "../../config/config.ts";
import { trailPlaces } from "../../tasks/trail-places.ts";
import { formatTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { visible } from "../../units/visible.ts";
import { counted } from "../../units/words.ts";
import { agreementOf, claimLines } from "../agreement.ts";
import { configOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { confirmed } from "../confirmed.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";

const args = {
  yes: { type: "flag", alias: "y", about: "agree without being asked" },
  list: { type: "flag", about: "show which projects you have agreed to" },
  remove: { type: "flag", about: "withdraw your agreement to this project" },
  json: { type: "flag", about: "print one JSON object; agree only with --yes" },
} as const;

type TrustCall = Call<typeof args>;

const claimSchema = v.object({
  kind: v.picklist(["plugin", "command", "allowed", "address", "secret", "outside", "sink", "option"]),
  key: v.string(),
  value: v.string(),
  credentials: v.optional(v.array(v.string())),
  to: v.optional(v.array(v.string())),
  agreed: v.boolean(),
});

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
  json: v.union([
    v.object({
      project: v.string(),
      sha256: v.string(),
      agreed: v.boolean(),
      since: v.optional(v.string()),
      claims: v.array(claimSchema),
    }),
    v.object({
      projects: v.array(
        v.object({ project: v.string(), since: v.string(), how: v.string(), claims: v.number() }),
      ),
    }),
    v.object({ project: v.string(), removed: v.boolean() }),
  ]),
  async run(call): Promise<ExitCode> {
    const config = await configOf(call);
    if (call.args.list) return list(call, config);
    const standing = await agreementOf(call, config);
    if (call.args.remove) return remove(call, config, standing);
    if (call.args.json) return report(call, config, standing);
    show(call, standing);
    if (standing.fresh.length === 0) return EXIT.ok;
    const answer = await confirmed(call, questionOf(standing));
    if (!answer.agrees) {
      call.terminal.note("nothing was agreed to");
      return answer.isNo ? EXIT.refused : EXIT.interrupted;
    }
    await agree(call, config, standing);
    call.terminal.print(`agreed to ${visible(standing.project)}`);
    return EXIT.ok;
  },
});

const agree = (call: TrustCall, config: Config, standing: Standing): Promise<void> =>
  agreeTo(standing, trailPlaces(config).home, call.args.yes ? "flag" : "asked");

/** Everything that the project wants, with the part that is not agreed to yet listed separately. */
function show({ terminal }: TrustCall, { project, claims, fresh, agreement, pin, sha256 }: Standing): void {
  const name = visible(project);
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
    hint: `if you agree: --yes · for one run:\nCONTEXTCORE_TRUST=${sha256}`,
  },
});

/** With `--json` nobody is asked. */
async function report(call: TrustCall, config: Config, standing: Standing): Promise<ExitCode> {
  const { project, sha256, claims, fresh, agreement } = standing;
  const agreed = fresh.length === 0 || call.args.yes;
  if (fresh.length > 0 && agreed) await agree(call, config, standing);
  const left = new Set(agreed ? [] : fresh.map(claimId));
  call.terminal.printJson({
    project,
    sha256,
    agreed,
    since: agreement?.at,
    claims: claims.map((claim) => ({ ...claim, agreed: !left.has(claimId(claim)) })),
  });
  return agreed ? EXIT.ok : EXIT.refused;
}

async function remove(call: TrustCall, config: Config, { project }: Standing): Promise<ExitCode> {
  const removed = await forget(config, trailPlaces(config).home);
  if (call.args.json) call.terminal.printJson({ project, removed });
  else
    call.terminal.print(
      removed ? `no longer agreed to ${visible(project)}` : `${visible(project)} was not agreed to`,
    );
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
      claims: claims.length,
    }));
  if (call.args.json) terminal.printJson({ projects });
  else if (projects.length === 0) terminal.note("you have agreed to no project yet");
  else {
    const rows = projects.map(({ project, since, how, claims }) => [
      visible(project),
      since.slice(0, 10),
      how,
      terminal.colors.dim(counted(claims, "claim")),
    ]);
    for (const line of formatTable([{}, {}, {}, {}], rows)) terminal.print(line);
  }
  return EXIT.ok;
}
