#!/bin/bash
# One guest, inside a mount namespace of its own: guest-main.sh NODE RUN NAME LOWER. Ends when the guest goes off.
# LOWER `-`: its disk is there already, from before it went off.
set -euo pipefail
node=$1 run=$2 name=$3-$1 lower=$4
# A cgroup of its own, or the guests' systemds would share /system.slice. systemd's own hierarchies are enough.
awk '($3 == "cgroup" && $4 ~ /name=systemd/) || $3 == "cgroup2" { print $2 }' /proc/self/mounts | while read -r root; do
  mkdir -p "$root/$name" 2>/dev/null && echo $$ >"$root/$name/cgroup.procs" 2>/dev/null || true
done
if [ "$lower" != - ]; then
  mkdir -p /run/systemd/nspawn "$run/$node"
  mount -t tmpfs -o mode=755 "$name-nspawn" /run/systemd/nspawn
  mount -t tmpfs -o mode=755 "$name" "$run/$node"
  mkdir "$run/$node/work" "$run/$node/root"
  cp -a "$run/seed/$node" "$run/$node/upper"
  chmod 755 "$run/$node/upper"
  mount -t overlay "$name" -o "lowerdir=$lower,upperdir=$run/$node/upper,workdir=$run/$node/work" "$run/$node/root"
fi
# All of it in the guest's network, so that /sys tells of that. A guest that boots again ends nspawn with 133.
status=133
while [ "$status" = 133 ]; do
  status=0
  nsenter --net="/run/netns/$name" -- systemd-nspawn --quiet -D "$run/$node/root" -b --register=no --keep-unit \
    --console=pipe --capability=all --hostname="$node" --resolv-conf=off --timezone=off --link-journal=no \
    --settings=no || status=$?
done
exit "$status"
