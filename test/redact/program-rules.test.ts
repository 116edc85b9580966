/** Each rule takes what its example says, in every way that a command can be written, and leaves what only resembles it. */
import { expect, test } from "bun:test";
import { commandText } from "../../src/programs/command-text.ts";
import { redactedWords } from "../../src/redact/json.ts";
import { PROGRAM_RULES } from "../../src/redact/program-rules.ts";
import { redactedText } from "../../src/redact/text.ts";

const SECRET = "Zx9-s3cr3t";
const named = PROGRAM_RULES.map((rule) => [rule.example, rule] as const);

/** The same command, as it stands in what people write. */
const AROUND: Readonly<Record<string, (command: string) => string>> = {
  alone: (command) => command,
  "behind another": (command) => `docker compose down; ${command}`,
  "in a pipe": (command) => `true | ${command} | cat`,
  "in a substitution": (command) => `x=$(${command})`,
  "with a path": (command) => `/usr/bin/${command}`,
  "behind sudo": (command) => `sudo -E ${command}`,
  "in a container": (command) => `docker compose exec db ${command}`,
  "for a shell": (command) => `sh -c ${JSON.stringify(command)}`,
  "for a shell, quoted otherwise": (command) => `bash -ec '${command.replaceAll("'", "'\\''")}'`,
  "for a shell in a shell": (command) => `ssh host "sh -c '${command.replaceAll("'", "")}'"`,
  "over lines": (command) => `set -e\n${command.replaceAll(" ", " \\\n ")}`,
};

test.each(named)("%s", (_, { example, unlike, keyword, programs }) => {
  const command = example.replace("SECRET", SECRET);
  expect(example.toLowerCase()).toContain(keyword);
  expect(example.split(/\s/).some((word) => programs.test(word))).toBe(true);
  for (const [how, around] of Object.entries(AROUND)) {
    const text = around(command);
    expect([how, redactedText(text)]).toEqual([how, expect.not.stringContaining(SECRET)]);
    expect(redactedText(text)).toContain("***");
    expect(commandText(["sh", "-c", text])).not.toContain(SECRET);
    expect(redactedText(around(unlike))).toBe(around(unlike));
  }
  const words = command.split(" ");
  expect(redactedWords(words).join(" ")).not.toContain(SECRET);
  expect(redactedWords(["env", "A=1", ...words]).join(" ")).not.toContain(SECRET);
  expect(redactedText(commandText(words))).toBe(commandText(words));
});

test.each([
  `curl -u'ada:${SECRET}' x`,
  `curl -u "ada:${SECRET} and more" x`,
  `curl --user="ada:${SECRET}" x`,
  `curl "-uada:${SECRET}" x`,
  `mysql -p'${SECRET}' shop`,
  `mysql -p"${SECRET} x" shop`,
  `'mysql' "-p${SECRET}" shop`,
  `curl -u ada:${SECRET}; true`,
  `psql postgres://ada:${SECRET}@db/shop`,
  `sh -c 'PGPASSWORD=${SECRET} psql -h db'`,
  `sh -c "curl -H 'X-Api-Key: ${SECRET}' x"`,
  `curl -u ada:${SECRET}`,
  `curl -u "ada:${SECRET}`,
])("however it is quoted: %s", (text) => {
  expect(redactedText(text)).not.toContain(SECRET);
});

test.each([
  "curl -u x; docker run -u 1000:1000 x",
  "docker login\ndocker run -p 3100:3100 x",
  "sh -c 'rm -rf data'",
])("what comes after another program, or needs none, is kept: %s", (text) => {
  expect(redactedText(text)).toBe(text);
});

test.each(["curl -u ", 'curl "', "curl '", "curl \\", "curl -s", "sh -c 'curl ", "mysql -p;", 'login "\\"'])(
  "time stays in proportion to the length: %j",
  (piece) => {
    const before = performance.now();
    redactedText(piece.repeat(200_000 / piece.length));
    expect(performance.now() - before).toBeLessThan(1_500);
  },
);
