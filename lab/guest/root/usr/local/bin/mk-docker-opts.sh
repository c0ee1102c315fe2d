#!/bin/sh
# Writes docker's network options from subnet.env: mk-docker-opts.sh [-f ENV] [-d OUT] [-k KEY] [-i] [-c] [-m]
env_file=/run/flannel/subnet.env out=/run/docker_opts.env key=DOCKER_OPTS single=false combined=false masq=true
while getopts f:d:k:icm option; do
  case $option in
  f) env_file=$OPTARG ;;
  d) out=$OPTARG ;;
  k) key=$OPTARG ;;
  i) single=true ;;
  c) combined=true ;;
  m) masq=false ;;
  *) exit 1 ;;
  esac
done
if [ $single = false ] && [ $combined = false ]; then single=true combined=true; fi
[ -f "$env_file" ] && . "$env_file"
bip=${FLANNEL_SUBNET:+--bip=$FLANNEL_SUBNET}
ipmasq=
[ "$FLANNEL_IPMASQ" = true ] && [ $masq = true ] && ipmasq=--ip-masq=false
mtu=${FLANNEL_MTU:+--mtu=$FLANNEL_MTU}
{
  if [ $single = true ]; then
    [ -n "$bip" ] && echo "DOCKER_OPT_BIP=\"$bip\""
    [ -n "$ipmasq" ] && echo "DOCKER_OPT_IPMASQ=\"$ipmasq\""
    [ -n "$mtu" ] && echo "DOCKER_OPT_MTU=\"$mtu\""
  fi
  [ $combined = true ] && echo "$key=\" $bip ${ipmasq:+$ipmasq }$mtu \""
} >"$out"
exit 0
