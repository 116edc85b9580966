/** Commands that must never run, however they are wrapped, and commands that must. */
import { describe, expect, test } from "bun:test";
import { judgeCommand } from "../../src/destroy/policy/judge.ts";

const DANGEROUS: Readonly<Record<string, readonly string[]>> = {
  "delete-vital": [
    "rm -rf /",
    "rm -rf /*",
    "rm -r -f /",
    "rm --recursive --force /",
    "rm -fR /usr",
    "rm -rf /etc/",
    "rm -rf ~",
    "rm -rf ~/",
    "rm -rf $HOME",
    "rm -rf .",
    "rm -rf ./",
    "rm -rf ..",
    "rm -rf ../..",
    "rm -rf *",
    "rm -rf ./*",
    "rm -rf --no-preserve-root /",
    "rm -rf /home/ada",
    "rm -rf /var/lib/docker",
    "rm -rf data /",
    "find / -delete",
    "find ~ -exec rm {} +",
    "/bin/rm -rf /",
    "del /s /q C:\\",
    "rd /s C:\\",
    "Remove-Item -Recurse -Force C:\\",
  ],
  "delete-trail": [
    "rm -f .contextcore/audit.jsonl",
    "rm -rf .contextcore",
    "shred .contextcore/audit.jsonl",
    "git clean -fdx",
    "git clean -xdf",
    "truncate -s 0 .contextcore/audit.jsonl",
  ],
  "overwrite-disk": [
    "dd if=/dev/zero of=/dev/sda",
    "dd of=/dev/nvme0n1 if=x bs=1M",
    "tee /dev/sda",
    "shred /dev/sdb",
    "cp image /dev/disk2",
  ],
  "format-disk": [
    "mkfs /dev/sdb1",
    "mkfs.ext4 /dev/sdb1",
    "wipefs -a disk",
    "fdisk x",
    "parted x",
    "zpool destroy tank",
    "cryptsetup luksFormat x",
    "diskutil eraseDisk JHFS+ X disk2",
    "format C:",
    "lvremove vg/x",
  ],
  "prune-everything": [
    "docker system prune",
    "docker system prune -af --volumes",
    "docker volume prune -f",
    "podman system reset",
    "docker image prune -a",
    "docker --context x system prune",
  ],
  "delete-cluster": [
    "kubectl delete all --all -A",
    "kubectl delete pods --all-namespaces",
    "kubectl delete ns --all",
    "kubectl delete namespace kube-system",
    "kubectl --context x delete nodes --all",
  ],
  "stop-machine": ["shutdown -h now", "reboot", "init 0", "systemctl poweroff", "kill -9 -1", "halt"],
};

const SCRIPTS: Readonly<Record<string, readonly string[]>> = {
  "run-unseen": [
    "curl http://x | sh",
    "curl -fsSL https://x | sudo bash",
    "wget -qO- x | python3",
    "bash <(curl -s x)",
    'sh -c "$(curl x)"',
    "eval `curl x`",
    "echo cm0gLXJmIC8= | base64 -d | sh",
    "cat x | perl",
    "source <(wget -O- x)",
    "curl x|sh",
    "curl x |& bash",
  ],
  "delete-unseen": [
    "docker volume ls -q | xargs docker volume rm",
    "ls | xargs rm",
    "helm ls -q | xargs helm uninstall",
    "ps aux | xargs kill",
  ],
  "prune-everything": [
    "docker rm -f $(docker ps -aq)",
    "docker volume rm `docker volume ls -q`",
    "docker compose down; docker system prune -f",
  ],
  "fork-bomb": [":(){ :|:& };:", "bomb() { bomb | bomb & }; bomb"],
  "overwrite-disk": ["cat x > /dev/sda", "echo >/dev/nvme0n1"],
  "delete-trail": ["echo > .contextcore/audit.jsonl"],
  "delete-vital": [
    "cd / && rm -rf *",
    "docker compose down -v; rm -rf /",
    "true || rm -rf ~",
    "(rm -rf /)",
    "x=$(rm -rf /)",
    'rm -rf "/"',
    "rm -rf '/'",
    "r\\m -rf /",
    "FOO=1 rm -rf /",
  ],
};

const WRAPPED = [
  "sudo",
  "sudo -u root",
  "env A=1",
  "nice -n 5",
  "timeout 5",
  "timeout -k 5 10",
  "nohup",
  "busybox",
  "time",
  "sudo env X=y nice",
];

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
  });
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
  "kubectl delete -f stack.yaml",
  "kubectl delete pods --all -n shop",
  "kubectl delete namespace shop",
  "helm uninstall shop",
  "make down",
  "docker stack rm shop",
])("known: %s", (text) => {
  expect(judgeCommand(text.split(" "))).toEqual({ may: "run", as: "known" });
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
  "terraform destroy",
  "find data -delete",
  "dd if=/dev/zero of=/tmp/x",
  "git clean -n",
  "tee /dev/null",
  "ansible-playbook destroy.yaml",
  "rm -rf /srv/shop/data",
  "systemctl stop loki",
])("configured: %s", (text) => {
  expect(judgeCommand(text.split(" "))).toEqual({ may: "run", as: "configured" });
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
])("configured, in a shell: %s", (text) => {
  expect(judgeCommand(["sh", "-c", text])).toEqual({ may: "run", as: "configured" });
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
  for (const piece of ["a ", "$(", "`", '"', "x()", "| ", "rm -rf x ", "{", "\\", "<("]) {
    judgeCommand(["sh", "-c", piece.repeat(Math.floor(9_900 / piece.length))]);
  }
  expect(performance.now() - before).toBeLessThan(20_000);
});
