import type { Options } from "../host/plugin/context.ts";
import { type Check, require } from "./check.ts";
import { fails, withFaults } from "./fault-rules.ts";
import type { FaultOptions } from "./faults.ts";
import { hooksOf } from "./hooks.ts";
import type { Subject } from "./subject.ts";

const MARK = "c0nf0rmance-s3cret";

/** Credentials, in whatever form, are in nothing that a plugin says: no message, no hint, no log line. */
export const secretRules: readonly Check<Subject>[] = [
  {
    name: "no-secret-told",
    why: "messages end up in terminals, logs, manifests and bug reports",
    waived: ({ secretOptions, proxy }) =>
      secretOptions.length === 0 && proxy === undefined
        ? "it has no secret options and no server"
        : undefined,
    async run(subject) {
      const before = subject.log.length;
      for (const options of credentials(subject)) {
        for (const told of await everythingSaid(subject, options)) requireSilent(told);
      }
      for (const line of subject.log.slice(before)) requireSilent(line);
    },
  },
];

/** Secrets as options, and as part of the URL. */
function credentials({ secretOptions, proxy }: Subject): Options[] {
  const asOptions = Object.fromEntries(secretOptions.map((name) => [name, MARK]));
  if (proxy === undefined) return [asOptions];
  const url = new URL(proxy.url);
  url.username = "reader";
  url.password = MARK;
  const others = Object.fromEntries(secretOptions.map((name) => [name, undefined]));
  return [asOptions, { ...others, username: undefined, url: url.href }];
}

/** A server that refuses, one whose connection is cut, and one that answers with a web page. */
const FAULTS: readonly FaultOptions[] = [{ kind: "status", status: 401 }, { kind: "cut" }, { kind: "page" }];

/** Everything the hooks throw at a server that echoes what it was sent, and at failing servers. */
async function everythingSaid(subject: Subject, options: Options): Promise<string[]> {
  const said: string[] = [];
  const hooks = await hooksOf(subject, options);
  const listen = async (): Promise<void> => {
    for (const hook of hooks) said.push(Bun.inspect(await fails(hook), { depth: 8 }));
  };
  if (subject.proxy !== undefined) {
    subject.proxy.instead = async (request) =>
      new Response(JSON.stringify([request.url, request.headers, await request.text()]), { status: 400 });
    await listen();
    subject.proxy.instead = undefined;
  }
  for (const fault of FAULTS) await withFaults(subject, [fault], listen);
  return said;
}

function requireSilent(text: string): void {
  const forms = [MARK, encodeURIComponent(MARK), Buffer.from(MARK).toString("base64").slice(0, 20)];
  const told = forms.find((form) => text.includes(form));
  const at = told === undefined ? 0 : text.indexOf(told);
  require(told === undefined, `a secret was told: …${text.slice(Math.max(0, at - 120), at + 60)}`);
}
