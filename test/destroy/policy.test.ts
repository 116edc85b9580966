/** Commands that must never run, however they are wrapped, and commands that must. */
import { describe, expect, test } from "bun:test";
import { judgeCommand, refusalOf } from "../../src/destroy/policy/judge.ts";
import { AS_TEXT, DANGEROUS, SCRIPTS, WRAPPED } from "./commands.ts";

describe.each(Object.entries(DANGEROUS))("%s", (rule, commands) => {
  test.each(commands)("%s", (text) => {
    expect(judgeCommand(text.split(" "))).toMatchObject({ may: "not", rule });
    expect(judgeCommand(["sh", "-c", text.replaceAll("\\", "\\\\")])).toMatchObject({ may: "not", rule });
    for (const wrapper of WRAPPED) {
      expect(judgeCommand([...wrapper.split(" "), ...text.split(" ")]), wrapper).toMatchObject({
        may: "not",
        rule,
      });
    }
    for (const wrapper of AS_TEXT) {
      const command = [...wrapper.split(" "), text.replaceAll("\\", "\\\\")];
      expect(judgeCommand(command), wrapper).toMatchObject({ may: "not", rule });
    }
    expect(judgeCommand(["env", `--split-string=${text.replaceAll("\\", "\\\\")}`])).toMatchObject({
      may: "not",
    });
  });
});

test("what a wrapper runs is looked at, whatever options it has", () => {
  for (const command of [
    ["find", "/tmp/q", "-exec", "rm", "-rf", "/", ";"],
    ["xargs", "-a", "list", "rm", "-rf"],
    ["timeout", "--signal", "KILL", "9", "mkfs.ext4", "/dev/x"],
    ["find", ".contextcore", "-name", "audit.*", "-delete"],
    ["docker", "run", "-v", "/:/host", "alpine", "sh", "-c", "rm -rf /host"],
  ]) {
    expect(judgeCommand(command), command.join(" ")).toMatchObject({ may: "not", why: expect.any(String) });
  }
});

describe.each(Object.entries(SCRIPTS))("in a shell: %s", (rule, texts) => {
  test.each(texts)("%s", (text) => {
    for (const shell of [
      ["sh", "-c"],
      ["/bin/bash", "-lc"],
      ["sudo", "zsh", "-ec"],
      ["ssh", "host"],
    ]) {
      expect(judgeCommand([...shell, text]), shell.join(" ")).toMatchObject({ may: "not", rule });
    }
  });
});

test.each([
  "docker compose down -v",
  "docker compose -f compose.yaml down --volumes --remove-orphans",
  "docker-compose down -v",
  "podman compose down",
  "docker compose -p shop -f a.yaml down -v --timeout 5",
  "terraform destroy",
  "make destroy",
  "make -C stack destroy",
  "helm uninstall shop",
  "make down",
  "docker stack rm shop",
])("on the allow list: %s", (text) => {
  expect(judgeCommand(text.split(" "))).toEqual({ may: "run" });
});

test.each([
  "touch destroyed",
  "echo here rm -rf / would run",
  "./scripts/destroy.sh",
  "rm -rf data/loki",
  "rm -rf ./data /tmp/shop-data",
  "rm -f /tmp/x",
  "docker volume rm shop_loki shop_tempo",
  "docker rm -f shop-loki-1",
  "kubectl delete -f stack.yaml",
  "kubectl delete pods --all -n shop",
  "kubectl delete namespace shop",
  "./docker compose down",
  "docker run -f compose down",
  "make --eval=x destroy",
  "sudo -u root docker compose down -v",
  "timeout --signal KILL 60 docker compose down -v",
  "ssh -p 22 h docker compose down -v",
  "docker run -v shop_loki:/var/lib/loki alpine rm -rf /var/lib/loki",
  "docker run -v .:/work alpine rm -rf /work/data",
  "docker run -v /etc:/etc:ro alpine ls /etc",
  "docker run -v /:/host:ro alpine rm -rf /host",
  "docker run --mount type=bind,src=/,dst=/host,readonly alpine rm -rf /host",
  "docker run -v .:/work alpine rm -rf /workspace",
  "timeout 5 echo rm -rf /",
  "docker exec loki rm -rf /loki",
  "cp -r .contextcore /mnt/kept",
  "nice -n 5 echo rm -rf /",
  "find data -exec rm -rf {} +",
  "find data -delete",
  "dd if=/dev/zero of=/tmp/x",
  "git clean -n",
  "tee /dev/null",
  "ansible-playbook destroy.yaml",
  "rm -rf /srv/shop/data",
  "systemctl stop loki",
])("configured: %s", (text) => {
  expect(judgeCommand(text.split(" "))).toEqual({ may: "run" });
});

test.each([
  "docker compose down -v && rm -rf ./data",
  "set -e; cd stack; docker compose down",
  "echo done | tee log",
  "cat list | xargs echo",
  "grep x y | sort > out",
  'echo "rm -rf /"',
  "curl -X POST http://hook/done",
  "curl http://x -o out; cat out",
  "docker compose down 2> /dev/null",
  "if true; then docker compose down -v; fi",
  "( cd stack; rm -rf ./data ) < /dev/null",
  "cat list | while read x; do echo $x; done",
  "sort < list | { cat; }; bash stack.sh",
  "docker ps | sort; command -v node && node down.js",
  "cat list | grep node",
  "tee /mnt/kept < .contextcore/audit.jsonl",
  "rm -rf 'old / data'",
  "$(cat which) down",
])("configured, in a shell: %s", (text) => {
  expect(judgeCommand(["sh", "-c", text])).toEqual({ may: "run" });
});

interface Added {
  readonly policy?: "allowlist";
  readonly allow?: string[];
  readonly deny?: string[];
}

/** What the configuration adds, the command, and what comes of it. */
const LISTS: readonly (readonly [Added, string[], "run" | string])[] = [
  [{ allow: ["docker system prune -f"] }, ["docker", "system", "prune", "-f"], "run"],
  [{ allow: ["docker system prune -f"] }, ["sudo", "docker", "system", "prune", "-f"], "run"],
  [{ allow: ["docker system prune -f"] }, ["sh", "-c", "docker compose down; docker system prune -f"], "run"],
  [{ allow: ["sh -c reboot"] }, ["sh", "-c", "reboot"], "run"],
  [{ allow: ["docker volume *  -f"] }, ["docker", "volume", "prune", "-f"], "run"],
  [{ allow: ["/sbin/mkfs.* /dev/sd*1"] }, ["/sbin/mkfs.ext4", "/dev/sdb1"], "run"],
  [{ allow: ["| sh"] }, ["sh", "-c", "cat steps | sh"], "run"],
  [{ allow: ["xargs rm -f"] }, ["sh", "-c", "ls | xargs rm -f"], "run"],
  // Whole commands, and only those that are named.
  [{ allow: ["docker system prune"] }, ["docker", "system", "prune", "-f"], "prune-everything"],
  [{ allow: ["docker system prune -f"] }, ["docker", "system", "prune", "-f", "-a"], "prune-everything"],
  [{ allow: ["docker system pr*d -f"] }, ["docker", "system", "prune", "-f"], "prune-everything"],
  [{ allow: ["docker *"] }, ["docker", "system", "prune"], "prune-everything"],
  [{ allow: ["mkfs.ext4 /dev/*a*1"] }, ["mkfs.ext4", "/dev/sda"], "format-disk"],
  [{ allow: ["reboot"] }, ["sh", "-c", "reboot; docker system prune"], "prune-everything"],
  // What no list permits.
  [{ allow: ["rm -rf /"] }, ["rm", "-rf", "/"], "delete-vital"],
  [{ allow: ["rm -rf .contextcore"] }, ["rm", "-rf", ".contextcore"], "delete-trail"],
  [{ allow: ["* -rf *", "sh -c rm -rf ~"] }, ["sh", "-c", "rm -rf ~"], "delete-vital"],
  [{ deny: ["kubectl delete"] }, ["kubectl", "--context", "shop", "delete", "ns", "shop"], "destroy.deny"],
  [{ deny: ["/usr/bin/kubectl delete"] }, ["sudo", "/bin/kubectl", "delete", "ns", "shop"], "destroy.deny"],
  [{ deny: ["docker compose down -v"] }, ["sh", "-c", "docker compose -f x down -v"], "destroy.deny"],
  [{ deny: ["* *prod*"] }, ["terraform", "destroy", "-var", "env=prod-eu"], "destroy.deny"],
  [{ deny: ["terraform"] }, ["ssh", "h", "cd x && terraform destroy"], "destroy.deny"],
  [{ allow: ["terraform destroy"], deny: ["terraform"] }, ["terraform", "destroy"], "destroy.deny"],
  // Only what is listed.
  [{ policy: "allowlist", allow: ["make down"] }, ["docker", "compose", "down"], "destroy.policy"],
  [{ policy: "allowlist", allow: ["make down"] }, ["make", "down"], "run"],
  [{ policy: "allowlist", allow: ["rm -rf /"] }, ["rm", "-rf", "/"], "delete-vital"],
  [{ policy: "allowlist", allow: ["make down"] }, ["sh", "-c", "make down; make clean"], "destroy.policy"],
  [{ deny: ["kubectl delete"] }, ["kubectl", "get", "ns"], "run"],
  [{ deny: ["delete"] }, ["kubectl", "delete", "-f", "stack.yaml"], "run"],
  [{ deny: ["down compose"] }, ["docker", "compose", "down"], "run"],
  [{ deny: ["terraform"] }, ["echo", "terraform"], "run"],
];

test.each(LISTS)("%j: %j: %s", (lists, command, expected) => {
  const verdict = judgeCommand(command, { allow: [], deny: [], ...lists });
  expect(verdict.may === "run" ? "run" : verdict.rule).toBe(expected);
});

test("a refusal says what would permit the command, and is silent where nothing would", () => {
  const lists = { allow: [], deny: [] };
  const pruned = refusalOf({ command: ["sh", "-c", "docker system prune -f; x"], ...lists });
  expect(pruned?.hint).toEndWith(
    'and touch nothing else; if it does that, destroy.allow: ["docker system prune -f"] permits it',
  );
  expect(refusalOf({ command: ["rm", "-rf", "/"], ...lists })?.hint).toEndWith("and touch nothing else");
  const coloured = refusalOf({ command: ["sh", "-c", "reboot \u001b[31m\u202e"], ...lists });
  expect(coloured?.message).toContain("`reboot \\u001b[31m\\u202e`: ");
  expect(coloured?.hint).toEndWith('destroy.allow: ["reboot \\u001b[31m\\u202e"] permits it');
  const denied = refusalOf({ command: ["docker", "compose", "down"], allow: [], deny: ["docker *"] });
  expect(denied?.message).toBe(
    "the destroy command may not run (destroy.deny): `docker compose down`: the configuration forbids `docker *`",
  );
});

test("the refusal names the part of the command and says why", () => {
  expect(judgeCommand(["sudo", "sh", "-c", "docker compose down; rm -rf / && echo done"])).toEqual({
    may: "not",
    rule: "delete-vital",
    part: "rm -rf /",
    why: "it deletes the system, a home, or the whole project with its snapshots and audit trail",
  });
});

test("a command too long to be looked at is refused, and looking at a long one ends", () => {
  expect(judgeCommand(["sh", "-c", "a ".repeat(6_000)])).toMatchObject({ may: "not", rule: "too-long" });
  const before = performance.now();
  for (const piece of [
    "a ",
    "$(",
    "`",
    '"',
    "x()",
    "| ",
    "rm -rf x ",
    "{",
    "\\",
    "<(",
    "sudo -a ",
    "env ",
    "ssh -a h ",
    "sh -c ",
    "( ",
  ]) {
    judgeCommand(["sh", "-c", piece.repeat(Math.floor(9_900 / piece.length))]);
  }
  expect(performance.now() - before).toBeLessThan(20_000);
});
