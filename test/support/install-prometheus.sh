#!/usr/bin/env bash
# Puts a Prometheus for the tests under node_modules/.cache and prints the path of its program; promtool lies beside it.
#   install-prometheus.sh newest        the newest of Debian's suites that runs on this machine
#   install-prometheus.sh distribution  the one of this machine's own release
# It asks the package mirror that this machine's apt is configured with, by package name, and changes nothing outside
# of that folder. Run again, it only prints the path.
set -euo pipefail

wanted=${1:-newest}
root=$(cd "$(dirname "$0")/../.." && pwd)
cache=$root/node_modules/.cache/prometheus
program=$cache/$wanted/prometheus
mkdir -p "$cache"

exec 9>"$cache/lock"
flock 9

runs() { "$1" --version >/dev/null 2>&1; }
if runs "$program" && [ -x "$cache/$wanted/promtool" ]; then
  echo "$program"
  exit 0
fi

# shellcheck source=/dev/null
. /etc/os-release
own=${VERSION_CODENAME:-stable}
case $wanted in
newest) suites=("$own") ; [ "${ID:-}" = debian ] && suites=(sid testing "$own") ;;
distribution) suites=("$own") ;;
*) echo "usage: $0 newest|distribution" >&2 ; exit 2 ;;
esac

# The mirror of the release itself: not the one of its security updates, nor third parties'.
mirror=$( { apt-get indextargets --format '$(REPO_URI)' 2>/dev/null
            grep -rhoE 'https?://[^] ]+' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null
          } | grep -E '/(debian|ubuntu|ubuntu-ports)/?$' | head -n 1 ) || true
if [ -z "$mirror" ]; then
  echo "$0: no Debian or Ubuntu mirror in this machine's apt sources" >&2
  exit 1
fi
component=main
[ "${ID:-}" = ubuntu ] && component='main universe'
keyring=/usr/share/keyrings/${ID:-debian}-archive-keyring.gpg

work=$(mktemp -d "$cache/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
export APT_CONFIG=$work/apt.conf

fetch() {
  local suite=$1
  mkdir -p "$work/$suite/lists/partial" "$work/$suite/cache/archives/partial"
  echo "deb $([ -e "$keyring" ] && echo "[signed-by=$keyring]") $mirror $suite $component" >"$work/$suite/sources.list"
  cat >"$APT_CONFIG" <<END
Dir::Etc::SourceList "$work/$suite/sources.list";
Dir::Etc::SourceParts "-";
Dir::State::Lists "$work/$suite/lists";
Dir::Cache "$work/$suite/cache";
APT::Sandbox::User "";
Acquire::Languages "none";
END
  apt-get -qq update >&2 && (cd "$work/$suite" && apt-get -qq download prometheus >&2) || return 1
  # Newer suites have promtool in a package of its own.
  (cd "$work/$suite" && apt-get -qq download promtool >/dev/null 2>&1) || true
  for package in "$work/$suite"/*.deb; do dpkg-deb -x "$package" "$work/$suite/files" || return 1; done
  runs "$work/$suite/files/usr/bin/prometheus"
}

for suite in "${suites[@]}"; do
  if fetch "$suite"; then
    mkdir -p "$cache/$wanted"
    mv "$work/$suite/files/usr/bin/promtool" "$work/$suite/files/usr/bin/prometheus" "$cache/$wanted"
    echo "$program"
    exit 0
  fi
  echo "$0: no Prometheus of $suite runs here" >&2
done
exit 1
