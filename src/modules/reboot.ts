import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import { type Action, change, defineModule, refuse, run } from '../core/module.js';
import { type Script, scriptAsWritten, sh } from '../core/script.js';
import { hostBoot } from '../facts/host-boot.js';
import { int, list, text, word } from './arguments.js';

const seconds = int.refine((number) => number <= 604_800, 'is no time in seconds');

const Args = z.preprocess(
  (given) => withAliases(given),
  z.strictObject({
    pre_reboot_delay: seconds.default(0),
    post_reboot_delay: seconds.default(0),
    reboot_timeout: seconds.refine((number) => number > 0, 'is no time in seconds').default(600),
    connect_timeout: seconds.refine((number) => number > 0, 'is no time in seconds').default(60),
    test_command: word.default('whoami'),
    msg: text.refine((value) => !/[\n\0]/.test(value), 'is more than one line').default('Reboot initiated by Ansible'),
    search_paths: list.default(['/sbin', '/bin', '/usr/sbin', '/usr/bin', '/usr/local/sbin']),
    boot_time_command: word.default('cat /proc/sys/kernel/random/boot_id'),
    reboot_command: word.optional(),
  }),
);

type RebootArguments = z.infer<typeof Args>;

/** Boots the host, and waits until it is there again with another boot behind it. */
export const reboot = defineModule<RebootArguments, { boot: Ask<string> }>({
  name: 'reboot',
  about: 'Boots the host and waits until it is there again',
  example: `- name: with the new kernel
  reboot:
    reboot_timeout: 900`,
  args: Args,
  needs: ({ boot_time_command }) => ({ boot: ask(hostBoot, { command: boot_time_command }) }),
  plan(args, { boot }) {
    if (boot.state !== 'present') {
      return refuse(
        `cannot tell one boot of the host from the next${boot.state === 'unreadable' ? `: ${boot.why}` : ''}`,
      );
    }
    return change('boots the host', { actions: actions(args, boot.value), result: { rebooted: true, elapsed: 0 } });
  },
});

function actions(args: RebootArguments, before: string): Action[] {
  const delay = Math.max(args.pre_reboot_delay, 0) + Math.max(args.post_reboot_delay, 0);
  return [
    run(rebootScript(args)),
    {
      kind: 'reconnect',
      script: sh`now=$( ${scriptAsWritten(args.boot_time_command)}
) || exit 1
[ "$now" != ${before} ] || { echo 'the host has not booted yet' >&2; exit 1; }
( ${scriptAsWritten(args.test_command)}
) >/dev/null`,
      delaySeconds: delay,
      trySeconds: args.connect_timeout,
      sleepSeconds: 2,
      withinSeconds: delay + args.reboot_timeout,
    },
  ];
}

/** It begins when the session is over, so that the session can say that it began. */
function rebootScript({ reboot_command, search_paths, msg, pre_reboot_delay }: RebootArguments): Script {
  const minutes = Math.max(Math.floor(pre_reboot_delay / 60), 0);
  const path = search_paths.join(':');
  if (reboot_command !== undefined) {
    return sh`PATH=${path}; export PATH
( sleep 1; ${scriptAsWritten(reboot_command)}
) </dev/null >/dev/null 2>&1 &`;
  }
  const when = minutes === 0 ? 'now' : `+${minutes}`;
  return sh`PATH=${path}; export PATH
if command -v shutdown >/dev/null; then
  ( sleep 1; exec shutdown -r ${when} ${msg} ) </dev/null >/dev/null 2>&1 &
elif command -v reboot >/dev/null; then
  ( sleep ${1 + Math.max(pre_reboot_delay, 0)}; exec reboot ) </dev/null >/dev/null 2>&1 &
else
  echo 'Unable to find command "shutdown" in search paths' >&2; exit 1
fi`;
}

function withAliases(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given ?? {};
  const { pre_reboot_delay_sec, post_reboot_delay_sec, reboot_timeout_sec, connect_timeout_sec, ...rest } =
    given as Record<string, unknown>;
  const known = {
    pre_reboot_delay: pre_reboot_delay_sec,
    post_reboot_delay: post_reboot_delay_sec,
    reboot_timeout: reboot_timeout_sec,
    connect_timeout: connect_timeout_sec,
  };
  return { ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)), ...rest };
}
