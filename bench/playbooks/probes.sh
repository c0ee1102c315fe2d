kernel=$(uname -r) || exit 1
load=$(cat /proc/loadavg) || exit 1
accounts=$(stat -c '%a %u %g %s %Y' /etc/passwd) || exit 1
user=$(id -un) || exit 1
test -n "$kernel" && test -n "$load" && test -n "$accounts" && test "$user" = root || exit 1
printf '%s\n' "$kernel" "$load" "$accounts" "$user"
