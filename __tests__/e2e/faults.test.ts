import { inject } from '../chaos/fault';
import { SHORT } from '../chaos/faults';
import { Pair } from '../chaos/pair';

// The faults of `make chaos` that every test run does, with the same load and the same bars but for what is slow: other tests share the
// processors here. What hangs until a time-out is still found.
const SLOW_MS = 5000;
const pair = new Pair('e2e-faults');

beforeAll(() => pair.up(), 600_000);
afterAll(() => pair.dispose(), 120_000);

test.each(SHORT)(
  '$name: $done',
  async (fault) => {
    const { sent, missed } = await inject(pair, fault, { slowMs: SLOW_MS });
    expect(missed).toEqual([]);
    expect(sent).toBeGreaterThan(100);
  },
  300_000,
);

test('make status is also for programs', async () => {
  const { stdout } = await pair.workspace.make('status', pair.name, { JSON: '1' });
  const { environment, healthy, components } = JSON.parse(stdout);
  expect({ environment, healthy }).toEqual({ environment: pair.name, healthy: true });
  expect(components.map(({ component }: { component: string }) => component)).toEqual([
    'database',
    'node-1',
    'node-2',
    'load-balancer',
  ]);
  for (const component of components)
    expect(component).toMatchObject({ state: 'running', health: 'healthy', reason: null });
  expect(components[1]).toMatchObject({ rotation: 'in', clusterMembers: null });
  expect(Date.parse(components[1].since)).toBeLessThan(Date.now());
});
