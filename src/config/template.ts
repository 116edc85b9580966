/** The commented file that `contextcore config init` writes. */

/** @param name the stack's name */
export const configTemplate = (
  name: string,
): string => `# contextcore.yaml: what contextcore knows of this stack.
# Every value here is the default unless it stands without a # in front.
# Secrets do not belong in this file: write \${VARIABLE}, or file:/path/to/secret.
# Each value can come from the environment too: CONTEXTCORE_LOKI_URL, CONTEXTCORE_EXPORT_CONCURRENCY ...
# Plugins, servers on other machines and paths outside of this directory are asked about once: contextcore config trust.

# Typed to confirm a destroy.
name: ${JSON.stringify(name)}

# Where snapshots are kept, relative to this file.
#backups: backups

# The servers. "enabled: false" leaves one out; "data" is its data directory or volume, to measure its size exactly.
backends:
  tempo:
    url: http://localhost:3200
    #importance: high            # low, medium, high, critical
    #class: important            # by default what its importance says: critical, important, operational, transient
  mimir:
    url: http://localhost:9009
    #tenants: [team-a, team-b]   # a backend for each; "*": all that the server lists
    #importance: critical
  loki:
    url: http://localhost:3100
    #tenant: team-a              # sent as X-Scope-OrgID
    #importance: high
  # A second one has a name of its own: CONTEXTCORE_LOKI_EU_URL, --plugin loki-eu.
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

# Plugins of others: paths of .ts or .js files or folders.
#plugins:
#  - ./plugins/influx.ts

#export:
#  concurrency: 8                # steps, or batches of a restore, under way at once for each backend, at most
#  recount: 5s                   # between two counts by a server that are to prove one another; 0s: count once

# What destroys the stack; a list, run without a shell in this file's directory.
#destroy:
#  command: [docker, compose, down, -v]
#  allow: []                     # what may run though a rule refuses it: "docker system prune -f"
#  deny: []                      # what never may: "kubectl delete"

#audit:
#  retention: 90                 # days that ordinary events are kept
#  stale_after: 60               # minutes until another host's unfinished operation counts as abandoned
`;
