#!/bin/sh
# Installs both packages on a bare Debian 12, does the main job there, removes them and shows that nothing stays. Needs root, debootstrap and a
# mirror of Debian; takes some minutes and 1 GB, and is no part of `npm test`. Node is this machine's: Debian 12 has none that is new enough.
#
#   npm run package && npm run deb
#   sudo scripts/package/bare-debian.sh [FOLDER]      # roots are made in FOLDER (/var/tmp) and removed; MIRROR=… takes another mirror
#
# Everything is mounted in a mount namespace of its own (unshare(1)), so it is gone with the last process here, whatever ended that.

set -eu

if [ "${IOWITNESS_UNSHARED:-}" = '' ]; then
  here=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
  exec env IOWITNESS_UNSHARED=1 HERE="$here" unshare --mount --propagation private -- "$0" "$@"
fi

folder=$(mktemp -d "${1:-/var/tmp}/iowitness-bare-XXXXXX")
trap 'umount -R "$folder"/*/proc "$folder"/*/sys "$folder"/*/dev 2>/dev/null || :; umount -R "$folder"/* 2>/dev/null || :; rm -rf --one-file-system "$folder"' EXIT
trap 'exit 1' INT TERM HUP
packages=$HERE/dist/package
deb=$(echo "$packages"/iowitness_*_all.deb)
tarball=$(echo "$packages"/iowitness-*.tgz)
[ -f "$deb" ] && [ -f "$tarball" ] || {
  echo 'There are no packages in dist/package: run `npm run package` and `npm run deb` first.' >&2
  exit 1
}

step() { printf '\n== %s\n' "$*"; }

# What is in a root, but for what dpkg, npm and the C library's loader remember, and the machine's own filesystems.
contents() {
  (cd "$1" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./run -o -path ./tmp -o -path ./root \
    -o -path ./var/lib/dpkg -o -path ./var/cache -o -path ./var/log \) -prune -o -print | sort)
}

# A root is a mount point, because a program asks /proc/self/mountinfo which disk a folder is on.
enter() {
  mount --bind "$1" "$1"
  mount -t proc proc "$1/proc"
  mount -t sysfs sysfs "$1/sys"
  mount --rbind /dev "$1/dev"
}

in_root() {
  root=$1
  shift
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 MANPAGER=cat MANWIDTH=80 chroot "$root" "$@"
}

# The main job, as a stranger would do it. The exit status 1 is a stall that was found.
main_job() {
  step "$2: version, doctor, check, diagnose, report, metrics"
  in_root "$1" iowitness --version
  in_root "$1" iowitness doctor | grep -E '^[^ ]' || :
  in_root "$1" sh -c 'cd /root && iowitness check /var/tmp -o a.iow; [ $? -le 3 ]'
  in_root "$1" sh -c 'cd /root && iowitness diagnose a.iow --json | head -c 300; echo; iowitness report a.iow --format md -o - | head -3; ls -l a.html'
  in_root "$1" sh -c 'cd /root && iowitness record --for 4s -o b.iow --metrics 127.0.0.1:19470 & sleep 3
    node -e "fetch(\"http://127.0.0.1:19470/metrics\").then((r) => r.text()).then((t) => console.log(t.split(\"\n\").filter((l) => l.startsWith(\"iowitness_\")).length, \"series\"))"; wait'
  step "$2: man"
  in_root "$1" man iowitness | head -5
  in_root "$1" man -w iowitness-check
}

show_removed() {
  contents "$1" > "$folder/after"
  diff "$folder/before" "$folder/after" || {
    echo "$2: this stays" >&2
    return 1
  }
  echo "$2: nothing stays"
}

step 'Debian 12, variant minbase, with man-db and e2fsprogs'
debootstrap --variant=minbase --include=man-db,e2fsprogs bookworm "$folder/deb" "${MIRROR:-http://deb.debian.org/debian}" > "$folder/log" ||
  { tail -5 "$folder/log" >&2; exit 1; }
cp -a "$folder/deb" "$folder/npm"

step 'Node of this machine, as a package nodejs'
version=$(node -p process.versions.node)
mkdir -p "$folder/nodejs/DEBIAN" "$folder/nodejs/usr/bin"
cp "$(node -p process.execPath)" "$folder/nodejs/usr/bin/node"
printf 'Package: nodejs\nVersion: %s-1\nArchitecture: %s\nMaintainer: nobody <nobody@localhost>\nDepends: libstdc++6\nDescription: Node.js\n' \
  "$version" "$(dpkg --print-architecture)" > "$folder/nodejs/DEBIAN/control"
dpkg-deb --root-owner-group -Zgzip -z1 -b "$folder/nodejs" "$folder/nodejs.deb" > /dev/null
for root in deb npm; do
  cp "$folder/nodejs.deb" "$folder/$root/tmp/"
  enter "$folder/$root"
  in_root "$folder/$root" dpkg -i /tmp/nodejs.deb > /dev/null
done

step 'The Debian package'
contents "$folder/deb" > "$folder/before"
cp "$deb" "$folder/deb/tmp/iowitness.deb"
in_root "$folder/deb" dpkg -i /tmp/iowitness.deb
main_job "$folder/deb" deb
step 'deb: a drill'
in_root "$folder/deb" iowitness drill mem.dirty-limit
in_root "$folder/deb" dpkg --purge iowitness
show_removed "$folder/deb" deb

step 'The npm package, without network'
npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
mkdir -p "$folder/npm/usr/lib/node_modules"
cp -r "$npm" "$folder/npm/usr/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$folder/npm/usr/bin/npm"
mkdir -p "$folder/npm/usr/share/man/man1"
contents "$folder/npm" > "$folder/before"
cp "$tarball" "$folder/npm/tmp/iowitness.tgz"
in_root "$folder/npm" unshare --net npm install -g /tmp/iowitness.tgz --offline --cache /tmp/npm-cache --no-update-notifier
main_job "$folder/npm" npm
in_root "$folder/npm" npm uninstall -g iowitness --cache /tmp/npm-cache --no-update-notifier
# npm runs nothing when it removes a package, so the folder of the undo journals is left, and is empty.
rmdir "$folder/npm/var/lib/iowitness/undo" "$folder/npm/var/lib/iowitness"
show_removed "$folder/npm" npm

step 'Both packages did their work on a bare Debian 12 and left nothing'
