# Runs in a guest: one line of what it holds.
unit=$(systemctl list-units --all --plain --no-legend 'flannel.service' 'flanneld.service' | awk '{ print $1; exit }')
state=$(systemctl is-active "${unit:-flanneld.service}")
pid=$(pgrep -x flanneld | head -1)
iface=$([ -z "$pid" ] || tr '\0' ' ' <"/proc/$pid/cmdline" | grep -oE -- '--?iface[= ][^ ]*' | paste -sd, -)
subnet=$(sed -n 's/^FLANNEL_SUBNET=//p' /run/flannel/subnet.env 2>/dev/null)
address=$(ip -4 -o addr show dev flannel.1 2>/dev/null | awk '{ print $4 }')
device=$(ip -d -o link show flannel.1 2>/dev/null | sed -n 's/.* local \([^ ]*\) dev \([^ ]*\) .*/\2 \1/p')
bridge=$(ip -4 -o addr show dev docker0 2>/dev/null | awk '{ print $4 }')
printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$state" "${iface:--}" "subnet ${subnet:--}" "${address:--}" "${device:--}" \
  "docker0 ${bridge:--}"
