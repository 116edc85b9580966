import { VERIFY, verifyJson } from "../../results/verify.ts";
import { type VerifyVerdict, verdictOn, verify } from "../../tasks/verify.ts";
import { shortPath } from "../../units/short-path.ts";
import { tellChosen, tellLacking } from "../chain-text.ts";
import { defineCommand } from "../command.ts";
import { planCall } from "../conduct.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { showReports } from "./show.ts";

const EXITS: Readonly<Record<VerifyVerdict, ExitCode>> = {
  equal: EXIT.ok,
  short: EXIT.partial,
  differs: EXIT.different,
};

export default defineCommand({
  about: `${verify.about}; exit code 5 when anything differs`,
  args: verify.params,
  exclusive: verify.exclusive,
  examples: [
    { line: "verify latest", about: "each backend's newest snapshot, and all that it continues" },
    { line: "verify latest --read-data=day/7", about: "in cron: everything is read once in seven nights" },
    { line: "verify offsite --read-data=day/7", about: "the same for every copy in a place" },
    { line: "verify 20260124-143000 --live", about: "also compare with what the servers hold now" },
  ],
  json: [VERIFY],
  async run(call): Promise<ExitCode> {
    const { terminal, directory } = call;
    await using planned = await planCall(verify, call);
    const { plan } = planned;
    if (plan.chosen !== undefined) {
      tellChosen(plan.chosen, terminal);
      tellLacking(plan.chosen, terminal);
    } else {
      for (const { name, reason } of plan.distrusted) terminal.fault("not readable", `${name}: ${reason}`);
    }
    const { result: verified } = await planned.carryOut();
    if (call.json) printResult(call, VERIFY, verifyJson(verified));
    else showReports(verified, (path) => shortPath(path, directory), terminal);
    return EXITS[verdictOn(verified)];
  },
});
