#!/usr/bin/env bash
# Puts a program of Debian or Ubuntu for the tests under node_modules/.cache/debian and prints the path that starts it.
#   install-debian.sh SUITE PACKAGE[,PACKAGE…] PROGRAM      install-debian.sh own age age
# SUITE is `own`, this machine's release, or a newer one, such as `sid`. A package comes with everything that it depends on, the
# C library included, and is started with that, so a newer suite's programs run here, too. It asks the package mirror that
# this machine's apt is configured with, by package name, and changes nothing outside of that folder. On Ubuntu, which has no suites
# of Debian's, it asks Debian's own mirror, with Debian's keys as Ubuntu packages them. Run again, it only prints the path.
set -euo pipefail

[ $# = 3 ] || { echo "usage: $0 SUITE PACKAGE[,PACKAGE…] PROGRAM" >&2; exit 2; }
package=$2
program=$3
# shellcheck source=/dev/null
. "${OS_RELEASE:-/etc/os-release}"
suite=$1
[ "$suite" = own ] && suite=${VERSION_CODENAME:-stable}
cache=$(cd "$(dirname "$0")/../../node_modules" && pwd -P)/.cache/debian
target=$cache/$suite-$package
mkdir -p "$cache"

exec 9>"$target.lock"
flock 9

starter=$target/start/$program
start() {
  local real loader
  real=$(find "$target/usr/bin" "$target/usr/sbin" "$target/bin" "$target/sbin" -name "$program" 2>/dev/null | head -n 1) || true
  loader=$(find "$target" -name 'ld-linux-*.so.*' | head -n 1) || true
  [ -n "$real" ] && [ -n "$loader" ] || { echo "$0: $package of $suite has no $program" >&2; return 1; }
  mkdir -p "$target/start"
  cat >"$starter" <<END
#!/bin/sh
exec '$loader' --library-path "\$(cat '$target/libraries')" '$real' "\$@"
END
  chmod +x "$starter"
}
if [ -d "$target" ]; then
  [ -x "$starter" ] || start
  echo "$starter"
  exit 0
fi

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
if [ "${ID:-}" = ubuntu ] && [ "$suite" != "${VERSION_CODENAME:-}" ]; then
  mirror=http://deb.debian.org/debian
  component=main
  (cd "$work" && apt-get -qq download debian-archive-keyring >&2 && dpkg-deb -x debian-archive-keyring*.deb keys)
  keyring=$(find "$work/keys" -name debian-archive-keyring.gpg -o -name debian-archive-keyring.pgp | head -n 1)
fi
export APT_CONFIG=$work/apt.conf
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
: >"$work/status"
echo "deb $([ -e "$keyring" ] && echo "[signed-by=$keyring]") $mirror $suite $component" >"$work/sources.list"
cat >"$APT_CONFIG" <<END
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "-";
Dir::State::Lists "$work/lists";
Dir::State::Status "$work/status";
Dir::Cache "$work/cache";
Debug::NoLocking "1";
APT::Sandbox::User "";
APT::Install-Recommends "0";
Acquire::Languages "none";
END
apt-get -qq update >&2
IFS=, read -ra wanted <<<"$package"
apt-get -qq --yes --download-only install "${wanted[@]}" >&2
for archive in "$work"/cache/archives/*.deb; do dpkg-deb -x "$archive" "$work/root"; done
find "$work/root" -name '*.so*' -printf '%h\n' | sort -u | sed "s|^$work/root|$target|" | paste -sd: >"$work/root/libraries"
mv "$work/root" "$target"
start
echo "$starter"
