#!/bin/sh
# Puts the root tree of a container together: the program, the libraries that ldd names, who runs it, and the empty directories that
# something is mounted on. Nothing else is in it: no shell, no package manager.
#   scripts/container-root.sh PROGRAM DIRECTORY      scripts/container-root.sh dist/contextcore /tmp/root
set -eu

[ $# = 2 ] || { echo "usage: $0 PROGRAM DIRECTORY" >&2; exit 2; }
program=$1
root=$2
[ -x "$program" ] || { echo "$0: $program is no program: make build" >&2; exit 1; }
if [ -e "$root" ] && [ -n "$(ls -A "$root")" ]; then
  echo "$0: $root is there already and not empty" >&2
  exit 1
fi

mkdir -p "$root/usr/local/bin" "$root/etc" "$root/proc" "$root/dev" "$root/tmp" "$root/project" "$root/var/lib/contextcore"
cp "$program" "$root/usr/local/bin/contextcore"
chmod 0755 "$root/usr/local/bin/contextcore"
chmod 1777 "$root/tmp"

# Absolute paths of ldd's lines: `libc.so.6 => /lib/… (0x…)` and `/lib64/ld-linux-… (0x…)`. Links are followed: what is copied are files.
ldd "$program" | sed -n 's/^.*=> *\(\/[^ ]*\) (.*$/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*$/\1/p' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

echo 'contextcore:x:1000:1000:contextcore:/var/lib/contextcore:/nonexistent' >"$root/etc/passwd"
echo 'contextcore:x:1000:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
