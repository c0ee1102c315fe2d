import { setTimeout as sleep } from 'node:timers/promises';
import { lab, onNode } from '../support/lab.js';
import { GUARDED_RUN, runProgram, startProgram, UNSETTLED } from '../support/lab-program.js';
import { isWhole, NODES, readNode } from '../support/lab-state.js';
import { type Counts, convergeAgain, newCounts } from './counts.js';

/** What happens to the connection to a node, and how it is put right again. */
export interface NetworkFault {
  readonly name: string;
  readonly strike: string;
  readonly heal: string;
}

/** Of the node's SSH connections only: etcd's members still reach each other. */
export const NETWORK_FAULTS: readonly NetworkFault[] = [
  { name: 'cut (FIN)', strike: "pkill -KILL -f '^sshd: [a-z]+ ' || :", heal: ':' },
  {
    name: 'frozen',
    strike: 'iptables -I INPUT -p tcp --dport 22 -j DROP; iptables -I OUTPUT -p tcp --sport 22 -j DROP',
    heal: 'iptables -F',
  },
  {
    name: 'cut (RST)',
    strike: 'iptables -I INPUT -p tcp --dport 22 -j REJECT --reject-with tcp-reset',
    heal: 'iptables -F',
  },
  {
    name: 'slowed',
    strike: 'tc qdisc add dev eth1 root tbf rate 64kbit burst 2kb latency 2s',
    heal: 'tc qdisc del dev eth1 root',
  },
];

/** A step of a run, and the node that is in hand then. */
export interface Step {
  readonly step: string;
  /** The how manieth line of progress of that text it is. */
  readonly nth: number;
  readonly node: string;
}

/** Every step that a fix of the lab's seed has, as its progress names them. */
export async function stepsOfFix(): Promise<readonly Step[]> {
  await lab('break', 'seed');
  const steps: Step[] = [];
  let node = 'node2';
  const whole = await runProgram({
    onStep(line) {
      const batch = /^batch \d+ of \d+: (node\d)/.exec(line);
      if (batch?.[1] !== undefined) node = batch[1];
      if (/^running: Prove the cluster/.test(line)) node = 'node2';
      const nth = steps.filter(({ step }) => step === line).length + 1;
      if (/^(planning|running): /.test(line)) steps.push({ step: line, nth, node });
    },
  });
  if (whole.status !== 0) throw new Error(`the fix fails without any fault: ${whole.output}`);
  return steps;
}

/** No run may take longer, whatever the network does: the deadline of a restart, the guard's delay, and what is around. */
const LONGEST_MS = 240_000;

/** Strikes at the beginning of each of the steps, heals once the run has ended, and runs it again. */
export async function networkRounds(
  fault: NetworkFault,
  steps: readonly Step[],
  onRound?: (line: string) => void,
): Promise<Counts> {
  const counts = newCounts(`connection ${fault.name}`);
  for (const { step, nth, node } of steps) {
    await lab('break', 'seed');
    let seen = 0;
    let struck: Promise<string> | undefined;
    const program = startProgram({
      args: [...GUARDED_RUN, ...UNSETTLED],
      timeoutMs: LONGEST_MS,
      onStep(line) {
        if (line === step && ++seen === nth) struck = onNode(node, fault.strike);
      },
    });
    const end = await program.ended;
    counts.tried += 1;
    if (struck) counts.inTime += 1;
    await struck;
    await onNode(node, fault.heal);
    await sleep(200);
    const about = `${fault.name} of ${node} at "${step}" (${nth})`;
    counts.longest = Math.max(counts.longest, end.seconds);
    counts.troubles.push(...troublesOf(end, node).map((trouble) => `${about}: ${trouble}\n${end.output}`));
    const torn = (await Promise.all(NODES.map(readNode))).filter(({ unit }) => !isWhole(unit));
    counts.torn += torn.length;
    const runs = await convergeAgain(counts, about);
    onRound?.(
      `${about}: ${end.status} in ${end.seconds.toFixed(1)} s, then ${runs.map(({ status }) => status).join(', ')}`,
    );
  }
  return counts;
}

/** A run that was struck ends well, or says which host it lost and with which status. */
function troublesOf({ status, output }: { status: number | null; output: string }, node: string): string[] {
  if (status === null) return ['the run did not end by itself'];
  if (status === 0) return [];
  const troubles: string[] = [];
  if (![2, 3, 5].includes(status)) troubles.push(`exit status ${status}`);
  if (!new RegExp(`${node}.*(lost|unreachable|closed|connection|answer|cannot|refused|reset)`, 'is').test(output)) {
    troubles.push(`${node} is not named as lost`);
  }
  return troubles;
}
