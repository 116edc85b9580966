/** Which flags of which programs a secret stands behind, as data: a test holds each rule to its examples. */

/** What of the flag's value is the secret: all of it, or what follows the name and a sign. */
export type SecretPart = "whole" | "behind-colon" | "behind-percent" | "behind-comma";

/** The flags of one kind of program that take a secret. */
export interface ProgramRule {
  /** In lower case; a text without it is not looked at. */
  readonly keyword: string;
  /** The program's name, without its path. */
  readonly programs: RegExp;
  /** `-u VALUE`, `-uVALUE`. */
  readonly letters?: string;
  /** Other letters that take a value; absent: any may, so that `letters` count only in front. */
  readonly takes?: string;
  /** `--user VALUE`, `--user=VALUE`. */
  readonly long?: RegExp;
  /** The next word is never the value. */
  readonly attached?: true;
  readonly part: SecretPart;
  /** A command with `SECRET` in it. */
  readonly example: string;
  /** One that resembles it, and stays. */
  readonly unlike: string;
}

const CURL = "AbcCdDeEFhHKmoPQrtTuUwxXyYz";
const MYSQL = "uhPDeSBVrTN";

/** Each is tried in this order. */
export const PROGRAM_RULES: readonly ProgramRule[] = [
  {
    keyword: "curl",
    programs: /^curl$/,
    letters: "uUE",
    takes: CURL,
    long: /^--(?:user|proxy-user|cert|proxy-cert)$/,
    part: "behind-colon",
    example: "curl -sSfu ada:SECRET http://loki:3100",
    unlike: "curl -su ada http://loki:3100/a:b",
  },
  {
    keyword: "curl",
    programs: /^curl$/,
    letters: "b",
    takes: CURL,
    part: "whole",
    example: "curl -sb session=SECRET http://grafana",
    unlike: "curl -Hb: http://grafana",
  },
  {
    keyword: "mysql",
    programs: /^mysql\w*$/,
    letters: "p",
    takes: MYSQL,
    attached: true,
    part: "whole",
    example: "mysqldump -u root -pSECRET shop",
    unlike: "mysql -p shop",
  },
  {
    keyword: "mariadb",
    programs: /^mariadb[\w-]*$/,
    letters: "p",
    takes: MYSQL,
    attached: true,
    part: "whole",
    example: "mariadb-admin -vpSECRET shutdown",
    unlike: "mariadb -uphil shop",
  },
  {
    keyword: "login",
    programs: /^login$/,
    letters: "p",
    part: "whole",
    example: "helm registry login -u ada -p SECRET registry",
    unlike: "docker login -u ada registry",
  },
  {
    keyword: "sshpass",
    programs: /^sshpass$/,
    letters: "p",
    part: "whole",
    example: "sshpass -pSECRET ssh host",
    unlike: "sshpass -e ssh host",
  },
  {
    keyword: "redis-cli",
    programs: /^redis-cli$/,
    letters: "a",
    part: "whole",
    example: "redis-cli -h redis -a SECRET flushall",
    unlike: "redis-cli -h redis flushall",
  },
  {
    keyword: "valkey-cli",
    programs: /^valkey-cli$/,
    letters: "a",
    part: "whole",
    example: "valkey-cli -a SECRET flushall",
    unlike: "valkey-cli flushall",
  },
  {
    keyword: "mongo",
    programs: /^mongo\w*$/,
    letters: "p",
    part: "whole",
    example: "mongosh -u ada -p SECRET --eval 'db.dropDatabase()'",
    unlike: "mongosh --port 27017",
  },
  {
    keyword: "sqlcmd",
    programs: /^sqlcmd$/,
    letters: "P",
    part: "whole",
    example: "sqlcmd -U sa -P SECRET -Q 'drop database shop'",
    unlike: "sqlcmd -U sa -E",
  },
  {
    keyword: "cqlsh",
    programs: /^cqlsh$/,
    letters: "p",
    part: "whole",
    example: "cqlsh -u ada -p SECRET host",
    unlike: "cqlsh -u ada host",
  },
  {
    keyword: "cypher-shell",
    programs: /^cypher-shell$/,
    letters: "p",
    part: "whole",
    example: "cypher-shell -u neo4j -pSECRET",
    unlike: "cypher-shell -u neo4j",
  },
  {
    keyword: "influx",
    programs: /^influx$/,
    letters: "pt",
    part: "whole",
    example: "influx delete -t SECRET --bucket shop",
    unlike: "influx delete --bucket shop",
  },
  {
    keyword: "rabbitmqadmin",
    programs: /^rabbitmqadmin$/,
    letters: "p",
    part: "whole",
    example: "rabbitmqadmin -u ada -p SECRET purge",
    unlike: "rabbitmqadmin -u ada purge",
  },
  {
    keyword: "ldap",
    programs: /^ldap\w+$/,
    letters: "w",
    part: "whole",
    example: "ldapdelete -D cn=admin -w SECRET ou=shop",
    unlike: "ldapdelete -W ou=shop",
  },
  {
    keyword: "zip",
    programs: /^(?:zip|unzip)$/,
    letters: "P",
    part: "whole",
    example: "unzip -P SECRET a.zip",
    unlike: "unzip -p a.zip",
  },
  {
    keyword: "7z",
    programs: /^7z[az]?$/,
    letters: "p",
    attached: true,
    part: "whole",
    example: "7z a -pSECRET a.7z data",
    unlike: "7z a -p a.7z",
  },
  {
    keyword: "smbclient",
    programs: /^smbclient$/,
    letters: "U",
    long: /^--user$/,
    part: "behind-percent",
    example: "smbclient -U ada%SECRET //host/share",
    unlike: "smbclient -U ada //host/share",
  },
  {
    keyword: "lftp",
    programs: /^lftp$/,
    letters: "u",
    long: /^--user$/,
    part: "behind-comma",
    example: "lftp -u ada,SECRET host",
    unlike: "lftp -u ada host",
  },
  {
    keyword: "etcdctl",
    programs: /^etcdctl$/,
    long: /^--user$/,
    part: "behind-colon",
    example: "etcdctl --user=root:SECRET del --prefix /",
    unlike: "etcdctl --user=root del --prefix /",
  },
  {
    keyword: "http",
    programs: /^(?:https?|xhs?)$/,
    letters: "a",
    long: /^--auth$/,
    part: "behind-colon",
    example: "http -a ada:SECRET DELETE loki:3100",
    unlike: "http -a ada DELETE loki:3100",
  },
  {
    keyword: "openssl",
    programs: /^openssl$/,
    long: /^-(?:pass|passin|passout)$/,
    part: "behind-colon",
    example: "openssl rsa -passin pass:SECRET -in key.pem",
    unlike: "openssl rsa -in key.pem",
  },
];
