import { expect, test } from 'vitest';
import * as surface from '../src/index.js';

test('the public surface is what it says', () => {
  expect(Object.keys(surface).sort()).toEqual([
    'EXIT',
    'EXIT_STATUS',
    'FixError',
    'Secret',
    'StopRequest',
    'checks',
    'connectLocal',
    'connectSsh',
    'diagnose',
    'facts',
    'findModule',
    'loadInventory',
    'loadPlaybook',
    'modules',
    'openRegistry',
    'remediate',
  ]);
});
