#!/bin/sh
# Installs contextcore for this user: finds the right build, checks its SHA-256, and puts it into ~/.local/bin, and its
# manual page into ~/.local/share/man/man1.
#
#   curl -fsSL https://github.com/contextcore/contextcore/releases/latest/download/install.sh | sh
#
# CONTEXTCORE_VERSION   a release's tag such as v0.1.0 (default: the latest)
# CONTEXTCORE_BIN       where to put it (default: ~/.local/bin)
# CONTEXTCORE_MAN       where to put its manual page (default: ~/.local/share/man/man1)
# CONTEXTCORE_BASE_URL  where the release's files are (default: that release on GitHub)
# CONTEXTCORE_KEY       the public key that signs the release (default: the one below; empty: the signature is not checked)
# CONTEXTCORE_TARGET    a build such as linux-x64-baseline (default: what fits this machine)
set -eu

# The public half of the key that signs releases, as `ssh-keygen` writes it: `ssh-ed25519 AAAA…`. Empty until there is one.
RELEASE_KEY=
key=${CONTEXTCORE_KEY-$RELEASE_KEY}

fail() {
  echo "contextcore was not installed: $1" >&2
  exit 1
}

need() { command -v "$1" >/dev/null 2>&1; }

detect() {
  case "$(uname -s)" in
  Linux) os=linux ;;
  Darwin) os=darwin ;;
  *) fail "there is no build for $(uname -s); on Windows download contextcore-windows-x64.exe" ;;
  esac
  case "$(uname -m)" in
  x86_64 | amd64) arch=x64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) fail "there is no build for $(uname -m)" ;;
  esac
  variant=
  if [ "$os" = linux ]; then
    if ls /lib/ld-musl-* >/dev/null 2>&1; then
      variant=-musl
    elif [ "$arch" = x64 ] && ! grep -qw avx2 /proc/cpuinfo 2>/dev/null; then
      variant=-baseline
    fi
  elif [ "$arch" = x64 ] && [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || echo 0)" = 1 ]; then
    arch=arm64
  fi
  echo "$os-$arch$variant"
}

download() { # URL FILE
  if need curl; then
    curl -fsSL --retry 2 -o "$2" "$1" || fail "$1 cannot be downloaded"
  elif need wget; then
    wget -q -O "$2" "$1" || fail "$1 cannot be downloaded"
  else
    fail "curl or wget is needed"
  fi
}

sum_of() { # FILE
  if need sha256sum; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif need shasum; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  else
    fail "sha256sum or shasum is needed to check the download"
  fi
}

# Sums that lie beside the files prove only that the download is whole: whoever can change those can change these. So the sums
# are signed, with a key whose public half stands above, and whose other half no server of files has.
check_signature() {
  [ -n "$key" ] || return 0
  if ! need ssh-keygen || ssh-keygen -Y 2>&1 | grep -q '\(unknown\|illegal\|invalid\) option'; then
    echo "the release's signature was not checked: there is no ssh-keygen of OpenSSH 8.1 or newer" >&2
    return 0
  fi
  download "$base/SHA256SUMS.sig" "$work/SHA256SUMS.sig"
  echo "contextcore $key" >"$work/signers"
  ssh-keygen -Y verify -f "$work/signers" -I contextcore -n contextcore-release -s "$work/SHA256SUMS.sig" \
    <"$work/SHA256SUMS" >/dev/null 2>&1 || fail "SHA256SUMS is not signed with the key of this project"
}

# Downloads a file of the release beside the sums, and compares it with them.
fetch() { # NAME
  expected=$(awk -v name="$1" '$2 == name { print $1 }' "$work/SHA256SUMS")
  [ -n "$expected" ] || fail "this release has no $1"
  download "$base/$1" "$work/$1"
  found=$(sum_of "$work/$1")
  [ "$found" = "$expected" ] || fail "$1 has the SHA-256 $found, and the release says $expected"
}

# The program works without its page: a place that cannot be written to is told, and no more.
install_page() {
  if mkdir -p "$man" 2>/dev/null && [ ! -d "$man/contextcore.1" ] && mv -f "$work/contextcore.1" "$man/contextcore.1" 2>/dev/null; then
    echo "its manual page is $man/contextcore.1"
  else
    echo "its manual page was not installed: $man cannot be written to; CONTEXTCORE_MAN chooses another place" >&2
  fi
}

main() {
  target=${CONTEXTCORE_TARGET:-$(detect)}
  bin=${CONTEXTCORE_BIN:-${HOME:?HOME is not set}/.local/bin}
  man=${CONTEXTCORE_MAN:-${HOME:?HOME is not set}/.local/share/man/man1}
  version=${CONTEXTCORE_VERSION:-latest}
  releases=https://github.com/contextcore/contextcore/releases
  if [ "$version" = latest ]; then default=$releases/latest/download; else default=$releases/download/$version; fi
  base=${CONTEXTCORE_BASE_URL:-$default}
  file=contextcore-$target
  if need gzip; then file=$file.gz; fi

  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  download "$base/SHA256SUMS" "$work/SHA256SUMS"
  check_signature
  fetch "$file"
  fetch contextcore.1
  case $file in *.gz) gzip -d "$work/$file" && file=${file%.gz} ;; esac
  chmod 755 "$work/$file"
  "$work/$file" --version >"$work/version" 2>/dev/null || fail "$file does not run on this machine (CONTEXTCORE_TARGET chooses another build)"

  # `mv` to a directory, or to a link to one, would put it in there.
  if [ -d "$bin/contextcore" ]; then fail "$bin/contextcore is a directory, or a link to one: move it away"; fi
  mkdir -p "$bin" 2>/dev/null || fail "$bin cannot be made; CONTEXTCORE_BIN chooses another place"
  # Beside its final name first, so that there is never half a program under it.
  sum=$(sum_of "$work/$file")
  draft=$(mktemp "$bin/.contextcore.XXXXXX" 2>/dev/null) || fail "$bin cannot be written to; CONTEXTCORE_BIN chooses another place"
  if ! mv -f "$work/$file" "$draft" 2>/dev/null || ! mv -f "$draft" "$bin/contextcore" 2>/dev/null; then
    rm -f "$draft"
    fail "$bin/contextcore cannot be replaced"
  fi
  [ "$(sum_of "$bin/contextcore" 2>/dev/null)" = "$sum" ] || fail "$bin/contextcore is not what was put there"
  echo "contextcore $(cat "$work/version") is installed as $bin/contextcore"
  install_page
  case ":$PATH:" in
  *":$bin:"*) ;;
  *) echo "add it to your PATH:  export PATH=\"$bin:\$PATH\"" ;;
  esac
}

# A script that was cut while it was downloaded does nothing.
main
