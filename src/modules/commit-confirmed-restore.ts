/**
 * What a guard runs when its time is over: POSIX `sh` that stands by itself on the host, under no connection.
 *
 * Arguments: the guard's folder, and the number of the timer, which has to be the last one that was started (`again`
 * for one that was broken off). Whoever makes the folder `claimed` first has the host: the guard or a confirmation.
 * A file is put back by a copy beside it and a rename; one that is as it was is left alone, and where nothing was
 * changed and nothing was restarted, nothing is restarted either. `outcome` says `done`, or `failed` and why.
 */
export const RESTORE_SCRIPT = `#!/bin/sh
# Written by fix-flannel: puts this host back as it was, unless the run that armed it has confirmed.
g=$1
umask 077
LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
export LC_ALL PATH
trap '' HUP
cd / || exit 1
if [ "$2" != again ]; then
  [ "$(cat "$g/number" 2>/dev/null)" = "$2" ] || exit 0
  mkdir -- "$g/claimed" 2>/dev/null || exit 0
fi
echo $$ >"$g/claimed/pid"
echo guard >"$g/claimed/by"
: >"$g/faults"
touched=
fault() { printf '%s\\n' "$1" >>"$g/faults"; }

attributes() ( set -f; set -- $(ls -ldn -- "$1"); printf '%s %s %s' "\${1%[.+]}" "$3" "$4" )

is_same() {
  [ -f "$2" ] && [ ! -L "$2" ] && cmp -s "$1" "$2" && [ "$(attributes "$1")" = "$(attributes "$2")" ]
}

copy_beside() {
  mkdir -p -- "$d" && rm -f -- "$t" && cp -p -- "$1" "$t" || return 1
  ! command -v chcon >/dev/null 2>&1 || chcon --reference="$1" "$t" 2>/dev/null
  dd if=/dev/null of="$t" conv=notrunc,fsync 2>/dev/null
  return 0
}

put_back() {
  p=$(cat "$1.path"; echo x)
  p=\${p%x}
  d=\${p%/*}/
  t=$d.fix-flannel.guard.$$
  if [ -d "$p" ] && [ ! -L "$p" ]; then fault "$p is a folder now"; return; fi
  if [ -e "$1.absent" ]; then
    [ -e "$p" ] || [ -L "$p" ] || return 0
    touched=1
    rm -f -- "$p" || fault "cannot remove $p"
    [ ! -e "$1.no-folder" ] || rmdir -- "$d" 2>/dev/null
  elif [ -e "$1.link" ]; then
    want=$(cat "$1.link"; echo x)
    [ ! -L "$p" ] || [ "$(readlink -- "$p"; echo x)" != "$want" ] || return 0
    touched=1
    want=\${want%?x}
    rm -f -- "$t"
    ln -s -- "$want" "$t" && { rm -f -- "$p"; mv -f -- "$t" "$p"; } || fault "cannot put the link $p back"
  else
    is_same "$1.copy" "$p" && return 0
    touched=1
    copy_beside "$1.copy" && mv -f -- "$t" "$p" || { rm -f -- "$t"; fault "cannot put $p back"; }
  fi
}

entered() { systemctl show -p ActiveEnterTimestampMonotonic -- "$1" 2>/dev/null; }

# A unit that was restarted along with one before it is not restarted a second time.
put_unit_back() {
  now=$(entered "$1")
  if [ "$2" = inactive ]; then
    systemctl stop -- "$1" || fault "$1 does not stop"
  elif ! systemctl is-active -q -- "$1"; then
    systemctl reset-failed -- "$1" 2>/dev/null
    systemctl start -- "$1" || fault "$1 does not start"
  elif [ "$now" = "$4" ] && { [ -n "$touched" ] || [ "$now" != "$3" ]; }; then
    systemctl restart -- "$1" || fault "$1 does not restart"
  fi
}

for k in "$g"/files/*.path; do
  [ ! -e "$k" ] || put_back "\${k%.path}"
done
if [ -e "$g/command" ]; then
  /bin/sh "$g/command" >"$g/log" 2>&1 </dev/null || fault "the restart command failed: $(tail -n 3 "$g/log")"
fi
if [ -e "$g/units" ]; then
  systemctl daemon-reload </dev/null || fault "systemctl daemon-reload failed"
  while read -r unit rest; do entered "$unit"; done <"$g/units" >"$g/entered"
  while read -r unit was armed && read -r before <&3; do
    put_unit_back "$unit" "$was" "$armed" "$before" </dev/null 3<&-
  done <"$g/units" 3<"$g/entered"
fi
if [ -s "$g/faults" ]; then
  { echo failed; cat "$g/faults"; } >"$g/outcome.part"
else
  echo done >"$g/outcome.part"
fi
mv -f -- "$g/outcome.part" "$g/outcome"
! command -v logger >/dev/null 2>&1 || logger -t fix-flannel "no confirmation came, so this host was put back as it was: $(head -n 1 "$g/outcome")"
exit 0`;

/**
 * The timer of a host without systemd: a process of its own that outlives the session that started it.
 * Arguments: the guard's folder, the number of the timer, seconds.
 */
export const TIMER_SCRIPT = `#!/bin/sh
# Written by fix-flannel: waits, then puts this host back.
trap '' HUP
sleep "$3" &
sleeps=$!
trap 'kill "$sleeps" 2>/dev/null; exit 0' INT TERM
printf 'pid %s\\n' $$ >"$1/started.part" && mv -f -- "$1/started.part" "$1/started-$2" || exit 1
wait "$sleeps"
trap '' INT TERM
exec /bin/sh "$1/restore.sh" "$1" "$2"`;
