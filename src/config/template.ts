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
# Where every snapshot is copied to once it is exported, with what it continues.
#copies: [offsite, usb]

# Third-party plugins: paths of .ts or .js files or folders.
#plugins:
#  - ./plugins/influx.ts

#export:
#  concurrency: 8                # maximum number of concurrent export steps or restore batches for each backend
#  recount: 5s                   # time between two counts by a server that confirm each other; 0s: count once

# The command that destroys the stack: a list, run without a shell in this file's directory.
#destroy:
#  command: [docker, compose, down, -v]
#  deletes: []                   # directories of this machine that it deletes; "docker compose down" deletes none
#  policy: denylist              # allowlist: only what "allow" names may run
#  allow: []                     # commands that may run although a rule refuses them: "docker system prune -f"
#  deny: []                      # commands that may never run: "kubectl delete"

# The runbook of "contextcore recover": commands run without a shell in this file's directory, in this order.
#recovery:
#  steps:
#    - run: [docker, compose, up, -d, loki, grafana]
#      timeout: 5m                 # the default is 10m
#    - wait: [loki, grafana]       # until they answer
#    - restore: "*"                # all backends that no other step names; or a list of some
#    - run: [docker, compose, up, -d, app]
#      for: [loki]                 # only where one of these is recovered

# Empty servers that "contextcore drill" restores to, each with the options of its backend. Without one it rehearses with a look-alike.
#drill:
#  loki:
#    url: http://localhost:13100
#    before: [docker, compose, --profile, drill, up, -d, --wait, --force-recreate, drill-loki]   # makes it anew

# Old data that "contextcore retention archive" moves into a store: saved, copied, proved there, and then removed here, or kept.
#archive:
#  worm:
#    after: 2y
#    to: offsite
#    then: delete                # the default is keep

#audit:
#  retention: 90d                # how long ordinary events are kept
#  stale_after: 60m              # until another host's unfinished operation counts as abandoned
#  cleanup: false                # the service removes what is older by itself, at its start and then
#  cleanup_interval: 24h         # so often

# What models were asked and answered; see docs/activity.md.
#activity:
#  path: .contextcore/activity.db     # the database
#  content: redacted                  # of what was said; or none, or full
#  export: metadata                   # what the backend "activity" saves of it; or content
#  retention: 30d
#  content_retention: 7d              # what was said may go sooner
#  max_size: 2GB                      # above it the oldest go, too
#  upstreams:                         # of the relay; openai and anthropic are there
#    ollama:
#      url: http://localhost:11434
#      api: openai                    # which interface it speaks: openai, anthropic
#      content: none                  # by default as above
#      timeout: 10m                   # how long it may be silent
#  listen: 127.0.0.1:9084             # of "contextcore serve --only relay"
#  networks: [172.16.0.0/12]          # private networks that may ask it without TLS
#  grace: 45s                         # for answers that pass, when the service stops

# Where persons show up, for "contextcore subject": {id} is the identifier; see docs/subjects.md.
#subjects:
#  loki: '{app="shop"} |= "{id}"'     # in the language of its plugin
#  tempo:
#    where: '{ span.user.id = "{id}" }'
#    fields: [attributes.user.id]      # of a record in a snapshot; by default any text in it, as a whole word
#  activity: "user={id}, text={id}"
#  worm:
#    where: orders.customer
#    keep: the law wants invoices for ten years   # it is found and handed over, and not erased

# How long each class of data is kept, and what is of which class beside the backends; see docs/retention.md.
#retention:
#  classes:                           # these are the defaults; other names are further classes, for "class" of a backend
#    critical: 7y
#    important: 3y
#    operational: 1y
#    transient: 30d
#  of:
#    trail: important                 # in place of audit.retention
#    activity: transient              # in place of activity.retention
#    places:
#      usb: operational               # everything there, whatever its own class
#  servers: false                     # delete it on servers, too, where they can

# Old data that moves into a store: saved, proved there, and then removed here. See docs/sqlite.md.
#archive:
#  worm: { after: 2y, to: offsite, then: keep }    # or delete

# Log files of other programs: rotated ones are compressed, and removed after the time of their highest level. See docs/log-files.md.
#logs:
#  directory: logs
#  levels: { debug: 7d, info: 30d, warning: 90d, error: 365d }

# "contextcore serve": the API, for this machine only unless it has TLS or a proxy in front.
#service:
#  listen: 127.0.0.1:9083
#  hosts: [contextcore.example.com]   # names that it answers to, beside its address
#  tls:
#    cert: tls/cert.pem
#    key: tls/key.pem
#  trusted_proxy: [10.0.0.5]          # whose X-Forwarded-For and -Proto are believed
#  production: true                   # refuse weak secrets; by default where ENVIRONMENT is production
#  grace: 30s                         # for running tasks, when it stops
# Which kinds of tasks may be started by whom; "*": every kind that deletes and overwrites nothing.
#permissions:
#  api: ["*"]                         # prune, restore … have to be named
#  schedules: ["*", prune, audit_prune, retention_apply, retention_logs, subject_retry]
#  admin: ["*"]                       # of those of the API, what admins may start; by default all
#  viewer: []                         # and viewers
# What "contextcore serve" runs by itself, or cron and systemd: contextcore schedules export. Nothing of this deletes.
schedules:
  - name: nightly
    cron: "15 2 * * *"
    #zone: Europe/Berlin         # by default this machine's
    task: export
    params: { since-last: true }
  - name: prove
    cron: "30 3 * * *"
    task: verify
    params: { all: true, read-data: day/7 }   # another seventh each night: a week covers everything
  - name: drill
    cron: "0 4 * * 0"
    task: drill                 # whether it would come back, and how fast
  #- name: owed                  # what is still owed of requests for erasure; see docs/subjects.md
  #  cron: "30 4 * * *"
  #  task: subject_retry
  #- name: offsite               # what "copies" could not deliver at once
  #  cron: "45 2 * * *"
  #  task: copy
  #  params: { snapshot: [latest], chain: true, to: offsite }

# Who is told when something of that goes wrong, and when it is well again.
#notify:
#  - url: \${SLACK_URL}
#    template: { text: "{{title}}: {{message}}" }
# Asked after each night in which everything went well: what waits for it notices silence.
#ping: \${PING_URL}
`;
