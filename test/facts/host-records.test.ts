import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scriptAsWritten } from '../../src/core/script.js';
import { hostRecords, RECORD_FUNCTIONS, recordText } from '../../src/facts/host-records.js';
import { facts } from '../../src/facts/index.js';
import { runLocally, SHELLS } from '../support/local-shell.js';

const record = (name: string, text: string) => `${name} ${Buffer.byteLength(text)}\n${text}\n`;

describe('hostRecords', () => {
  test('gives back any content, also one that looks like records', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (texts) => {
        const forged = [...texts, 'end 0\n\nunit 4\nevil\n'];
        const output = Buffer.from(`${forged.map((text) => record('content', text)).join('')}end 0\n\n`);
        expect(hostRecords(output).map(recordText)).toEqual(forged);
      }),
    );
  });

  test('takes no output that was cut anywhere', () => {
    const whole = Buffer.from(`${record('path', '/a')}${record('content', 'x\nend 0\n\ny')}end 0\n\n`);
    // The last line feed is all that may be missing.
    for (let length = 0; length < whole.length - 1; length++) {
      expect(() => hostRecords(whole.subarray(0, length)), `cut at ${length}`).toThrow();
    }
  });

  test.each(SHELLS)('$shell prints what it reads', ({ argv }) => {
    const script = scriptAsWritten(`${RECORD_FUNCTIONS.text}record a 'x  y\\n\nz'\nrecord b ''\nrecord end ''`);
    const { stdout } = runLocally(script, { argv });
    expect(hostRecords(stdout).map(({ name, bytes }) => [name, bytes.toString()])).toEqual([
      ['a', 'x  y\\n\nz'],
      ['b', ''],
    ]);
  });
});

test('any junk from a host is unreadable, or a value; it never gets out as another kind of error', () => {
  const queries: Record<string, unknown> = {
    'host.route_to': { addresses: ['10.0.0.1'] },
    'flannel.overlay_ping': { targets: [{ node: 'a', address: '10.0.0.1' }] },
    'flannel.paths': { targets: [{ node: 'a', overlay: '10.1.1.0', underlay: '10.0.0.1', fullBytes: 1450 }] },
    'host.firewall': { backend: 'vxlan', port: 8472, peers: ['10.0.0.2'] },
  };
  const own = facts.filter(({ name }) => /^(host|flannel|container)\./.test(name));
  fc.assert(
    fc.property(fc.constantFrom(...own), fc.string(), (fact, junk) => {
      try {
        fact.parse(junk, (queries[fact.name] ?? { path: '/x' }) as never, Buffer.from(junk));
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Error);
        expect(thrown).not.toBeInstanceOf(TypeError);
      }
    }),
    { numRuns: 2000 },
  );
});
