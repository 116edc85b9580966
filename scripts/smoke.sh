#!/bin/sh
# Is the service up, safe and whole? Asks a running one from outside and changes nothing.
#   scripts/smoke.sh [URL]      default http://127.0.0.1:9083
# TOKEN in the environment is a token of the role viewer or admin: what needs one is asked, too.
set -eu

url=${1:-http://127.0.0.1:9083}
url=${url%/}
failed=0

say() { printf '%-4s %s\n' "$1" "$2"; }
fault() {
  say FAIL "$1"
  failed=$((failed + 1))
}

# The status of an answer, 000 where there is none. What comes after the path are further arguments of curl.
status() {
  path=$1
  shift
  curl --silent --show-error --max-time 10 --output /dev/null --write-out '%{http_code}' "$@" "$url$path" 2>/dev/null || true
}

# A path, the status that it must have, and what that means.
expect() {
  path=$1 wanted=$2 meaning=$3
  shift 3
  got=$(status "$path" "$@")
  if [ "$got" = "$wanted" ]; then say ok "$meaning"; else fault "$meaning: $path answered $got, not $wanted"; fi
}

command -v curl >/dev/null || { echo "$0: curl is needed" >&2; exit 2; }

expect /api/health 200 "it runs"
expect /api/ready 200 "configuration, trail and database are there"
expect /api/v1/session 401 "without a token nobody is signed in"
expect /api/v1/session 401 "a wrong token is refused" --header "Authorization: Bearer cct_wrong"
expect /api/health 421 "a foreign name is refused" --header "Host: evil.example"
expect /no/such/path 404 "what is not there is not there"
if [ -n "${TOKEN:-}" ]; then
  # From a file: a header on the command line can be seen by others.
  header=$(mktemp)
  trap 'rm -f "$header"' EXIT
  printf 'Authorization: Bearer %s\n' "$TOKEN" >"$header"
  expect /api/v1/session 200 "the token is known" --header "@$header"
  expect /metrics 200 "metrics are measured" --header "@$header"
else
  say skip "no TOKEN: what needs one was not asked"
fi

[ "$failed" = 0 ] || { say FAIL "$failed of the checks"; exit 1; }
say ok "all of them"
