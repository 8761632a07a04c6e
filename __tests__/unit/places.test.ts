import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NETWORKS } from '../../cli/cluster/layout';
import { overlap, parseSubnet } from '../../environment/addresses';
import { ENGINE_LINK, PLACES } from '../support/places';
import { PROJECT, shippedTopologies } from '../support/synth';

test('no two places share a name, an address or a part of a subnet', () => {
  expect(PLACES.length).toBeGreaterThan(10);
  for (const key of ['name', 'hostname', 'bindAddress', 'subnet'] as const) {
    expect(new Set(PLACES.map((place) => place[key])).size).toBe(PLACES.length);
  }
  const cable = { name: 'the cable', subnet: `${ENGINE_LINK.here.replace(/\d+$/, '0')}/24` };
  const shipped = shippedTopologies().map(({ network }) => network);
  const cluster = Object.entries(NETWORKS).map(([kind, subnet]) => ({ name: `the test cluster's ${kind}`, subnet }));
  const ours = [...PLACES, cable, ...cluster];
  const clashes = ours.flatMap((one, index) =>
    [...ours.slice(index + 1), ...shipped]
      .filter((other) => overlap(parseSubnet(one.subnet), parseSubnet(other.subnet)))
      .map((other) => `${one.name} and ${other.name}`),
  );
  expect(clashes).toEqual([]);
});

test('what runs on the engine takes its addresses from there', () => {
  const files = ['__tests__', 'chaos', 'benchmarks']
    .filter((folder) => existsSync(join(PROJECT, folder)))
    .flatMap((folder) =>
      readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    )
    .filter((file) => file.endsWith('.ts') && !/^__tests__\/(unit|synth|golden)\//.test(file));
  expect(files.length).toBeGreaterThan(30);
  const written = files.filter((file) =>
    /\b(172\.(1[6-9]|2\d|3[01])|127\.0\.9|10\.\d+|192\.168)\.\d/.test(readFileSync(join(PROJECT, file), 'utf8')),
  );
  expect(written).toEqual(['__tests__/support/places.ts']);
});
