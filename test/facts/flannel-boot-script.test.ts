import { describe, expect, test } from 'vitest';
import { valueIfPresent } from '../../src/core/reading.js';
import { flannelBoot } from '../../src/facts/flannel-boot.js';
import { readInNamespace, TOOLBOXES } from './in-namespace.js';

/** Stands in for systemctl: what it was asked for goes to a file, and each unit is answered with a block. */
const SYSTEMCTL = `
mkdir -p /run/systemd/system /run/bin
cat >/run/bin/systemctl <<'EOF'
#!/bin/sh
printf '%s\\n' "$*" >>/run/asked
while [ "$1" != -- ]; do shift; done
shift
first=yes
for unit; do
  [ -n "$first" ] || echo
  first=
  wanted=; after=
  case "$unit" in
    flanneld.service) wanted=docker.service; after='-.mount etcd.service network.target *.service' ;;
    kubelet.service) printf 'Id=%s\\nLoadState=not-found\\nUnitFileState=\\nAfter=\\nWantedBy=\\nRequiredBy=\\n' "$unit"; continue ;;
    broken.service) echo 'Unit name broken.service is not valid.' >&2; exit 1 ;;
  esac
  printf 'Id=%s\\nLoadState=loaded\\nActiveState=active\\nUnitFileState=enabled\\nAfter=%s\\nWantedBy=%s\\nRequiredBy=\\n' "$unit" "$after" "$wanted"
done
EOF
chmod 755 /run/bin/systemctl
PATH=/run/bin:$PATH`;

describe.each(TOOLBOXES)('flannel.boot under $name', (toolbox) => {
  // The namespace sets PATH anew after the setup, so systemctl is bound over the one that is there.
  const setup = `${SYSTEMCTL}\nmount --bind /run/bin/systemctl "$(PATH=/usr/local/bin:/usr/bin:/bin command -v systemctl)"`;

  test('asks for the units, then for those around them, each once', () => {
    const reading = readInNamespace(flannelBoot, { units: ['flanneld.service'] }, { setup, toolbox });
    expect(valueIfPresent(reading)?.map(({ name }) => name)).toEqual([
      'flanneld.service',
      'docker.service',
      'etcd.service',
      'network.target',
      '*.service',
    ]);
    expect(valueIfPresent(reading)?.[0]).toEqual({
      name: 'flanneld.service',
      unitFileState: 'enabled',
      activeState: 'active',
      after: ['-.mount', 'etcd.service', 'network.target', '*.service'],
      wantedBy: ['docker.service'],
    });
  });

  test('a unit that systemctl refuses makes it unreadable', () => {
    const reading = readInNamespace(flannelBoot, { units: ['broken.service'] }, { setup, toolbox });
    expect(reading).toEqual({ state: 'unreadable', why: expect.stringContaining('not valid') });
  });

  test('without a running systemd it is absent', () => {
    expect(readInNamespace(flannelBoot, { units: [] }, { toolbox }).state).toBe('absent');
  });
});
