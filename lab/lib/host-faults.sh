# What can be wrong on one node; guest/prepare.sh takes it away again.

on_one_node() {
  grep -qsx "$1" "$RUN/nodes" || fail "no such node: '$1' ($(nodes | tr '\n' ' '))"
  "$2" "$1"
}

flanneld_exits() { in_guest "$1" sh -c 'echo exit >/etc/lab-flanneld-fault'; }
flanneld_dies() { in_guest "$1" sh -c 'echo die >/etc/lab-flanneld-fault'; }
flanneld_mute() {
  drop_in "$1" 'TimeoutStartSec=6'
  in_guest "$1" sh -c 'echo mute >/etc/lab-flanneld-fault'
}

# drop_in NODE LINE: one more setting of flanneld's service, until the next fault.
drop_in() {
  in_guest "$1" sh -c 'mkdir -p /run/systemd/system/flanneld.service.d
    printf "[Service]\n%s\n" "$1" >/run/systemd/system/flanneld.service.d/lab.conf; systemctl daemon-reload' drop-in "$2"
}

disk_full() {
  in_guest "$1" sh -c 'mkdir -p /run/lab-full && mount -t tmpfs -o size=256k,mode=755 lab-full /run/lab-full &&
    cp -a /etc/systemd/system/. /run/lab-full/ && mount --bind /run/lab-full /etc/systemd/system && umount -l /run/lab-full ||
    exit 1
    dd if=/dev/zero of=/etc/systemd/system/lab-filler bs=1k 2>/dev/null
    ! sh -c "echo full >/etc/systemd/system/lab-probe" 2>/dev/null; rm -f /etc/systemd/system/lab-probe' ||
    fail "the disk of $1 does not get full"
}

sudo_refuses() {
  drop_in "$1" 'ExecStartPre=-/bin/sh -c "mkdir -p /usr/lib/lab-away; mv /etc/sudoers.d/vagrant /usr/lib/lab-away/vagrant.sudoers"'
}
