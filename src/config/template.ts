/** The commented file that `contextcore config init` writes. */

/** @param name the stack's name */
export const configTemplate = (
  name: string,
): string => `# contextcore.yaml: what contextcore knows about this stack.
# Lines with a # in front show the defaults and examples.
# Secrets do not belong in this file: write \${VARIABLE}, or file:/path/to/secret.
# Each value can also come from the environment: CONTEXTCORE_LOKI_URL, CONTEXTCORE_EXPORT_CONCURRENCY ...
# You are asked once about plugins, servers on other machines and paths outside this directory: contextcore config trust.

# Typed to confirm a destroy.
name: ${JSON.stringify(name)}

# Where snapshots are kept, relative to this file.
#backups: backups

# The servers. "enabled: false" leaves one out; "data" names its data directory or volume, to measure its size exactly.
backends:
  tempo:
    url: http://localhost:3200
    #importance: high            # low, medium, high, critical
    #class: important            # by default from its importance: critical, important, operational, transient
  mimir:
    url: http://localhost:9009
    #tenants: [team-a, team-b]   # one backend for each; "*": all that the server lists
    #importance: critical
  loki:
    url: http://localhost:3100
    #tenant: team-a              # sent as X-Scope-OrgID
    #importance: high
  # A second one needs a name of its own: CONTEXTCORE_LOKI_EU_URL, --plugin loki-eu.
  #loki-eu:
  #  plugin: loki
  #  url: https://loki.eu.example.com
  grafana:
    url: http://localhost:3000
    #username: admin
    #password: \${GRAFANA_PASSWORD}
    #importance: medium

# Further places for audit events, besides .contextcore/audit.jsonl and ~/.contextcore/audit.log.
#sinks:
#  webhook:
#    url: https://audit.example.com/events
#    secret: \${AUDIT_WEBHOOK_SECRET}

# Places for copies of snapshots; "contextcore doctor" tries each with a small object.
#stores:
#  offsite:
#    plugin: s3
#    region: eu-central-1
#    bucket: shop-backups
#  usb:
#    plugin: directory
#    path: /mnt/usb/snapshots

# Third-party plugins: paths of .ts or .js files or folders.
#plugins:
#  - ./plugins/influx.ts

#export:
#  concurrency: 8                # maximum number of concurrent export steps or restore batches for each backend
#  recount: 5s                   # time between two counts by a server that confirm each other; 0s: count once

# The command that destroys the stack: a list, run without a shell in this file's directory.
#destroy:
#  command: [docker, compose, down, -v]
#  allow: []                     # commands that may run although a rule refuses them: "docker system prune -f"
#  deny: []                      # commands that may never run: "kubectl delete"

#audit:
#  retention: 90                 # how many days ordinary events are kept
#  stale_after: 60               # minutes until another host's unfinished operation counts as abandoned
`;
