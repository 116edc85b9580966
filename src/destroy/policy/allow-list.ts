/** The commands that take one stack down and nothing else: they run without more. */

/** The words that such a command begins with, options left out. */
const KNOWN = [
  "docker compose down",
  "docker compose rm",
  "docker compose stop",
  "docker-compose down",
  "docker stack rm",
  "podman compose down",
  "podman-compose down",
  "nerdctl compose down",
  "podman kube down",
  "helm uninstall",
  "terraform destroy",
  "tofu destroy",
  "make",
];

/** Options of theirs that take the word behind them. */
const VALUED =
  /^(?:-[fpntHC]|--(?:file|project-name|project-directory|profile|env-file|timeout|rmi|context|host|namespace|kube-context))$/;

/** @param command the program by its bare name, and its words; a path (`./docker`) may be another program */
export function isKnownCommand([program = "", ...args]: readonly string[]): boolean {
  const plain = args.filter((word, at) => !word.startsWith("-") && !VALUED.test(args[at - 1] ?? ""));
  if (
    program === "make" &&
    args.some((word) => !/^(?:-[Ckis]|--directory|[\w./-]+)$/.test(word) || /^--eval/.test(word))
  )
    return false;
  const text = [program, ...plain].join(" ");
  return KNOWN.some((known) => text === known || text.startsWith(`${known} `));
}
