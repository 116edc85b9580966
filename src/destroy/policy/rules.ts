/**
 * What a destroy command must not do, as data. This stops slips and copied one-liners, not somebody who hides what a command
 * does. Patterns are matched against the plain text of each command that would run (`plainText`), and a test checks every
 * pattern's examples.
 */
import { SHELLS } from "./unwrap.ts";

interface PolicyRule {
  readonly id: string;
  /** One phrase: what the command would do. */
  readonly why: string;
  readonly forms: readonly Form[];
  /** `destroy.allow` cannot permit it, because it would remove the record of the destruction, or far more than any stack. */
  readonly isFinal?: true;
}

interface Form {
  readonly pattern: RegExp;
  /** A shell text that it refuses. */
  readonly example: string;
  /** A similar text that no rule refuses. */
  readonly unlike: string;
}

const SYSTEM =
  "/(?:bin|boot|dev|etc|lib(?:32|64)?|opt|proc|root|run|sbin|srv|sys|usr|var(?:/lib)?|system|library|applications)";
const HOME = String.raw`~[\w.-]*|\$\{?(?:HOME|PWD)\}?|/(?:home|users|var/lib/docker)(?:/[^/ ]*)?`;
const HERE = String.raw`/|\.|\.\.(?:/\.\.)*|\.?\*`;
/** A word that names the system, a home, the project, a directory above it, or everything in one of them. */
const VITAL = String.raw`(?<= )(?! |$)(?i:${HERE}|${HOME}|${SYSTEM})?(?:/(?:\.?\*|\{[^}\s]*\}))*(?= |$)`;
const RECURSIVELY = String.raw`(?=.* (?:-\w*[rR]|--recursive\b))`;

const DISK = String.raw`(?:/dev/(?!(?:null|zero|full|u?random)(?: |$)|tty|std|fd/|shm/)\S|\\\\\.\\(?i:physicaldrive))`;
const TRAIL = String.raw`\.contextcore\b`;
/** A `find` that does more than name what it finds, up to its first search path; and up to any of its search paths. */
const FIND = String.raw`^g?find(?=.* -(?:delete|(?:exec|ok)(?:dir)?|fprint\w*)(?: |$)) (?:-[HLPO]\S* |-D \S+ )*`;
const FIND_IN = String.raw`${FIND}(?:(?:[^-(! ]\S*)? )*?`;
const FETCHED = "(?:[$<]\\([^)]*|`[^`]*)\\b(?:curl|wget|fetch)\\b";

const re = (text: TemplateStringsArray, ...parts: readonly string[]): RegExp =>
  new RegExp(String.raw(text, ...parts));

/**
 * The rules that refuse commands. The configuration can permit what a rule refuses unless the rule is final, and refuse more.
 */
export const POLICY_RULES: readonly PolicyRule[] = [
  {
    id: "delete-vital",
    why: "it deletes the system, a home, or the whole project with its snapshots and audit trail",
    isFinal: true,
    forms: [
      {
        pattern: re`^rm${RECURSIVELY} .*${VITAL}`,
        example: "rm -rf data /tmp/../etc/",
        unlike: "rm -rf ./data /srv/shop/data",
      },
      {
        pattern: / --no-preserve-root\b/,
        example: "rm -rf --no-preserve-root x",
        unlike: "rm -rf --one-file-system x",
      },
      {
        pattern: re`${FIND_IN}${VITAL}`,
        example: "find -L data / -name x -delete",
        unlike: "find -L data -name x -delete",
      },
      {
        pattern: re`${FIND}(?:[(!]|-(?![HLPOD]))`,
        example: "find -type f -delete",
        unlike: "find data -type f -delete",
      },
      {
        pattern:
          /^(?:del|erase|rd|rmdir|remove-item|ri)(?=.* (?:\/s|-r\w*)(?: |$)).* (?:[a-z]:\\?\*?(?= |$)|~|\$home)/i,
        example: "Remove-Item -Recurse -Force 'C:\\'",
        unlike: "Remove-Item -Recurse -Force 'C:\\shop\\data'",
      },
    ],
  },
  {
    id: "delete-trail",
    why: "it removes or overwrites the audit trail",
    isFinal: true,
    forms: [
      {
        pattern: re`^(?:rm|rmdir|shred|truncate|mv|dd|tee|unlink|ed|ex|sponge) .*${TRAIL}`,
        example: "rm -f ./.contextcore/audit.jsonl",
        unlike: "cat .contextcore/audit.jsonl",
      },
      {
        pattern: re`^(?:g?sed|perl|ruby)(?=.* (?:-\w*i|--in-place)).*${TRAIL}`,
        example: "sed -i s/a/b/ .contextcore/audit.jsonl",
        unlike: "sed -n 1p .contextcore/audit.jsonl",
      },
      {
        pattern: re`^(?:cp|ln|link|install|rsync|scp)(?: .*)? (?:(?=\S*${TRAIL})\S+(?: -\S*)*(?: [<>] \S+)*$|(?:-t|--target-directory)[ =]?\S*${TRAIL})`,
        example: "cp x .contextcore/audit.jsonl",
        unlike: "cp -r .contextcore /mnt/kept",
      },
      {
        pattern: re`${FIND}.*${TRAIL}`,
        example: "find .contextcore -name 'audit.*' -delete",
        unlike: "find .contextcore -name 'audit.*'",
      },
      {
        pattern: re`> \S*${TRAIL}`,
        example: "echo > .contextcore/audit.jsonl",
        unlike: "wc -l < .contextcore/audit.jsonl",
      },
      {
        pattern: /^git (?:-\S+ (?:[^- ]\S* )??)*clean\b.* -\w*x/i,
        example: "git -C . clean -fdx",
        unlike: "git clean -fd",
      },
    ],
  },
  {
    id: "delete-program-data",
    why: "it deletes all data of a program on this machine, which may be more than this stack's",
    forms: [
      {
        pattern: re`^rm${RECURSIVELY} .*(?<= )/var/lib/[^/ ]+(?:/\.?\*)?(?= |$)`,
        example: "rm -rf /var/lib/postgresql",
        unlike: "rm -rf /var/lib/loki/chunks",
      },
      {
        pattern: re`${FIND_IN}/var/lib/[^/ ]+ `,
        example: "find /var/lib/postgresql -type f -delete",
        unlike: "find /var/lib/loki/chunks -delete",
      },
    ],
  },
  {
    id: "overwrite-disk",
    why: "it writes directly to a disk, bypassing its file systems",
    forms: [
      {
        pattern: re`^dd (?:.* )?of=${DISK}`,
        example: "dd if=/dev/zero of=//dev/sda bs=1M",
        unlike: "dd if=/dev/zero of=/tmp/x",
      },
      {
        pattern: re`> ${DISK}`,
        example: "cat image >/dev/nvme0n1",
        unlike: "docker compose down 2> /dev/null",
      },
      {
        pattern: re`^(?:tee|cp|shred|blkdiscard|wipefs|badblocks) (?:.* )?${DISK}`,
        example: "cp image /dev/disk2",
        unlike: "tee /dev/null",
      },
    ],
  },
  {
    id: "format-disk",
    why: "it creates or removes file systems, partitions or volumes",
    forms: [
      {
        pattern:
          /^(?:mkfs(?:\.\S+)?|mke2fs|mkswap|wipefs|blkdiscard|s?fdisk|cfdisk|s?gdisk|parted|diskpart|(?:lv|vg|pv)remove)(?: |$)/,
        example: "mkfs.ext4 /dev/sdb1",
        unlike: "echo mkfs.ext4 /dev/sdb1",
      },
      {
        pattern:
          /^(?:(?:zpool|zfs) destroy|cryptsetup (?:-\S+ )*(?:luksformat|erase)|diskutil \S*(?:erase|partition))/i,
        example: "cryptsetup luksFormat x",
        unlike: "cryptsetup close x",
      },
      { pattern: /^format (?:.* )?[a-z]:(?: |$)/i, example: "format C:", unlike: "format x" },
    ],
  },
  {
    id: "prune-everything",
    why: "it removes containers or volumes of every project on this machine, not of this stack",
    forms: [
      {
        pattern:
          /^(?:docker|podman|nerdctl) (?:\S+ )*?(?:system|volume|container|image|network|builder|buildx) (?:prune|reset)\b/i,
        example: "docker --context x system prune -af",
        unlike: "docker volume rm shop_loki",
      },
      {
        pattern:
          /^(?:docker|podman|nerdctl) (?:container |volume |image )?(?:rm|rmi|kill|stop)\b[^$`(]*[$`(].*\b(?:ls|ps|images)\b/i,
        example: "docker rm -f $(docker ps -aq)",
        unlike: "docker rm -f $(cat ids)",
      },
    ],
  },
  {
    id: "delete-cluster",
    why: "it deletes across a whole cluster, not this stack",
    forms: [
      {
        pattern: /^kubectl (?=(?:.* )?delete\b)(?:.* )?(?:-A|--all-namespaces)(?: |$)/,
        example: "kubectl delete pods --all-namespaces",
        unlike: "kubectl delete pods --all -n shop",
      },
      {
        pattern:
          /^kubectl (?=.* --all\b)(?:.* )?delete (?:.* )?(?:ns|namespaces?|nodes?|pv|persistentvolumes?)\b/i,
        example: "kubectl --context x delete nodes --all",
        unlike: "kubectl delete namespace shop",
      },
      {
        pattern: /^kubectl (?:.* )?delete (?:ns|namespaces?) (?:.* )?(?:kube-\S+|default)\b/i,
        example: "kubectl delete ns kube-system",
        unlike: "kubectl delete ns kubeshop",
      },
    ],
  },
  {
    id: "run-unseen",
    why: "it runs a program that nobody has reviewed",
    forms: [
      {
        pattern: re`^(?:${SHELLS}|python[\d.]*|perl|ruby|node|bun|deno|php)(?: -(?!s )\S*)*(?: -s(?: .*)?)? < -(?: |$)`,
        example: "curl -fsSL https://x | sudo bash -s -- stable",
        unlike: "cat list | sh stack.sh",
      },
      {
        pattern: re`^(?:${SHELLS}|eval|source|\.) .*${FETCHED}`,
        example: "bash <(curl -s x)",
        unlike: "bash <(cat x)",
      },
      { pattern: /^(?:iex|invoke-expression)(?: |$)/, example: "iwr x | iex", unlike: "iexplore x" },
    ],
  },
  {
    id: "delete-unseen",
    why: "it deletes what another program lists at that moment",
    forms: [
      {
        pattern: /^(?:xargs|parallel) (?:.* )?(?:\S*\/)?(?:rm|rmi|shred|kill|delete|uninstall)(?: |$)/,
        example: "docker volume ls -q | xargs docker volume rm",
        unlike: "cat list | xargs echo",
      },
    ],
  },
  {
    id: "stop-machine",
    why: "it stops the machine, or every process on it",
    forms: [
      {
        pattern: /^(?:shutdown|reboot|halt|poweroff|killall5)(?: |$)/,
        example: "shutdown -h now",
        unlike: "echo shutdown",
      },
      {
        pattern:
          /^(?:(?:tel)?init [06]\b|systemctl (?:-\S+ )*(?:poweroff|reboot|halt|kexec)\b|kill (?:-\S+ )*-1(?: [<>]|$))/i,
        example: "kill -9 -1",
        unlike: "systemctl stop loki",
      },
    ],
  },
  {
    id: "fork-bomb",
    why: "it starts itself over and over until the machine freezes",
    forms: [
      {
        pattern:
          /([\w:.]{1,40})\W{0,9}\(\)\W{0,9}\{[^{}|]{0,99}\1\W{0,9}\|\W{0,9}\1[^{}&]{0,99}&[^{}]{0,99}\}/,
        example: "bomb() { bomb | bomb & }; bomb",
        unlike: "down() { docker compose down -v; }; down",
      },
    ],
  },
];
