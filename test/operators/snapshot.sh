#!/bin/sh
# What a playbook leaves on a guest: `before` keeps what stands there, `after` prints what is not the same since, a line
# each: path, what it is, content (base64).
list() {
  find /etc /home /opt /root /srv /usr/local /var/lib -xdev \( -path '/var/lib/etcd*' -o -path /var/lib/systemd \
    -o -path /var/lib/fix-flannel -o -path /root/.ansible -o -path /home/vagrant/.ansible -o -path '/root/.ansible_async' \
    -o -path /root/keep-snapshot -o -name '.fix-flannel*' -o -path /root/.ssh -o -path /home/vagrant/.ssh \
    -o -name 'mtab*' -o -name '*.pyc' -o -name __pycache__ \) -prune -o -type f -printf '%p\t%m %u:%g file\n' \
    -o -type l -printf '%p\t%m link %l\n' -o -type d -printf '%p\t%m %u:%g folder\n'
  find /etc /home /opt /root /srv /usr/local -xdev \( -path /root/keep-snapshot -o -path '*/.ansible*' \
    -o -name '.fix-flannel*' \) -prune -o -type f -exec sha256sum {} + | sed 's/^\([0-9a-f]*\)  \(.*\)/\2\t\1/'
}
keep=/root/keep-snapshot
mkdir -p $keep
if [ "$1" = before ]; then list | sort >$keep/before; exit; fi
list | sort >$keep/after
comm -3 $keep/before $keep/after | sed 's/^\t//' | cut -f1 | sort -u | while IFS= read -r path; do
  if [ -f "$path" ] && [ ! -L "$path" ]; then
    printf '%s\t%s\t%s\n' "$path" "$(stat -c '%a %U:%G file' "$path")" "$(base64 -w0 "$path")"
  elif [ -L "$path" ]; then
    printf '%s\tlink %s\t\n' "$path" "$(readlink "$path")"
  elif [ -d "$path" ]; then
    printf '%s\t%s\t\n' "$path" "$(stat -c '%a %U:%G folder' "$path")"
  else
    printf '%s\tgone\t\n' "$path"
  fi
done
