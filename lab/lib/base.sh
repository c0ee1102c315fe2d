# What is built once and kept: the guests' root file system and the stand-in flanneld.

GUEST_PACKAGES=systemd,systemd-sysv,dbus,openssh-server,iproute2,iputils-ping,sudo,etcd-server,procps,iptables,libstdc++6
# What Ansible needs on its targets. Guests have none of it but where its results are recorded.
[ -z "${LAB_PYTHON:-}" ] || GUEST_PACKAGES+=,python3,python3-apt
SUITE=bookworm

need_host_packages() {
  local missing=() pair
  for pair in debootstrap:debootstrap systemd-nspawn:systemd-container etcdctl:etcd-client ssh-keygen:openssh-client \
    openssl:openssl ip:iproute2 nsenter:util-linux; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 </dev/null && return 0
  apt-get update -qq </dev/null >&2
  apt-get install -qq -y --no-install-recommends "${missing[@]}" </dev/null >&2
}

# The mirror that the machine's own apt uses.
mirror() {
  if [ -n "${LAB_MIRROR:-}" ]; then echo "$LAB_MIRROR" && return; fi
  local found
  found=$(cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk -v suite="$SUITE" '
    /^#/ { next }
    /^URIs:/ { uri = $2 }
    /^Suites:/ { for (i = 2; i <= NF; i++) if ($i == suite && uri != "") { print uri; exit } }')
  if [ -z "$found" ]; then
    found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | sed 's/\[[^]]*\]//' |
      awk -v suite="$SUITE" '$1 == "deb" && $3 == suite { print $2; exit }')
  fi
  [ -n "$found" ] || fail "no apt source of this machine has $SUITE: set LAB_MIRROR to a Debian mirror"
  echo "$found"
}

base_name() { echo "${LAB_PYTHON:+python-}base"; }
base_dir() { echo "$CACHE/$(base_name)-$(recipe | sha256sum | cut -c1-16)"; }
recipe() { echo "$GUEST_PACKAGES $SUITE"; declare -f trim_base; }

need_base() {
  local base build from
  base=$(base_dir)
  [ -d "$base" ] && return 0
  from=$(mirror)
  build=$LAB_DIR/build
  say 'building the base file system (about a minute, once)'
  rm -rf "$CACHE/$(base_name)"-*
  mkdir -p "$build" "$CACHE"
  mount -t tmpfs -o size=2g,mode=755 "$LAB_NAME-build" "$build"
  debootstrap --variant=minbase --include="$GUEST_PACKAGES" "$SUITE" "$build/root" "$from" \
    >"$LAB_DIR/build.log" 2>&1 </dev/null || { tail -5 "$LAB_DIR/build.log" >&2; fail "debootstrap failed: $LAB_DIR/build.log"; }
  trim_base "$build/root"
  cp -a "$build/root" "$base.part"
  mv "$base.part" "$base"
  umount -l "$build" && rmdir "$build"
}

trim_base() {
  local root=$1 unit
  rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/etc/ssh/ssh_host_*
  find "$root/usr/share/doc" "$root/usr/share/man" "$root/usr/share/locale" "$root/usr/share/info" -mindepth 1 -delete
  for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
    console-getty.service getty@.service systemd-modules-load.service dev-hugepages.mount sys-kernel-debug.mount \
    sys-kernel-tracing.mount sys-fs-fuse-connections.mount systemd-journal-flush.service systemd-logind.service \
    modprobe@.service systemd-sysusers.service systemd-tmpfiles-clean.timer; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  # An init script is no unit here, as on a host without systemd.
  mkdir -p "$root/etc/systemd/system-generators"
  ln -sf /dev/null "$root/etc/systemd/system-generators/systemd-sysv-generator"
  chroot "$root" useradd -m -s /bin/bash vagrant
  chroot "$root" useradd -m -s /bin/bash plain
  chroot "$root" useradd -m -s /bin/bash pwsudo
  echo 'pwsudo:lab-password' | chroot "$root" chpasswd
  echo 'vagrant ALL=(ALL) NOPASSWD:ALL' >"$root/etc/sudoers.d/vagrant"
  echo 'pwsudo ALL=(ALL) ALL' >"$root/etc/sudoers.d/pwsudo"
  chmod 440 "$root"/etc/sudoers.d/vagrant "$root"/etc/sudoers.d/pwsudo
}

# The layer that holds /usr/local/bin/flanneld: the stand-in, or what LAB_FLANNELD names.
flanneld_layer() {
  if [ -n "${LAB_FLANNELD:-}" ]; then echo "$RUN/real" && return; fi
  local hash
  hash=$({ cat "$LAB_HOME"/flanneld/*.ts "$LAB_HOME/build-flanneld"; node --version; } | sha256sum | cut -c1-16)
  echo "$CACHE/stand-in-$hash"
}

need_flanneld() {
  [ -z "${LAB_FLANNELD:-}" ] || return 0
  local layer
  layer=$(flanneld_layer)
  [ -x "$layer/usr/local/bin/flanneld" ] && return
  say 'building the stand-in flanneld'
  rm -rf "$CACHE"/stand-in-*
  "$LAB_HOME/build-flanneld" "$layer/usr/local/bin/flanneld" || { rm -rf "$layer"; fail 'the stand-in could not be built'; }
  chmod 755 "$layer" "$layer/usr" "$layer/usr/local" "$layer/usr/local/bin"
}
