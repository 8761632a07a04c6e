import type { CommandContext } from '../../cli/command';
import type { UserError } from '../../cli/setup/errors';
import { readPlanFixture } from '../support/plan-fixtures';
import { reportInput } from '../support/report-input';

// `make upgrade` while a volume is gone whose content nobody can make again. Everything but the order is a stand-in.
const docker = jest.fn(async () => '');
const mockNote = jest.fn();
const mockRun = jest.fn<Promise<void>, [() => Promise<void>]>();

jest.mock('../../cli/setup/errors', () => ({
  ...jest.requireActual('../../cli/setup/errors'),
  runCommand: (main: () => Promise<void>) => mockRun(main),
}));
jest.mock('../../cli/command', () => ({ afterInterruption: () => '', openEnvironment: async () => mockContext() }));
jest.mock('../../cli/at-work', () => ({ atWork: async (_: unknown, __: string, work: () => Promise<void>) => work() }));
jest.mock('../../cli/protection', () => ({ requireLifted: async () => undefined }));
jest.mock('../../cli/policy', () => ({ requirePolicy: () => undefined }));
jest.mock('../../cli/planning', () => ({ planAll: async () => mockChanged() }));
jest.mock('../../cli/plan-report', () => ({
  planAndReport: async () => ({ report: { findings: [], refusals: [] }, changed: mockChanged() }),
}));
jest.mock('../../cli/schema-version', () => ({
  foundSchemas: async () => [{ where: 'wso2_user', version: '7.0.0' }],
  noteSchemaVersion: async () => mockNote(),
}));

const input = reportInput(readPlanFixture('nothing-to-do'));
for (const { plan } of input.stacks) {
  const known = plan.resource_changes?.find(
    ({ type, change }) => type === 'docker_volume' && change.before?.name === 'bank-certificate-authority',
  );
  if (known === undefined) continue;
  const change = { ...known.change, actions: ['delete' as const], after: null };
  Object.assign(plan, { resource_drift: [{ ...known, change }] });
}

function mockChanged() {
  return input.stacks.map(({ plan }) => ({ planJson: async () => plan }));
}

let running = true;
function mockContext(): CommandContext {
  const containers = async () => [{ name: 'bank-node-1', running }];
  return { topology: input.topology, engine: { docker, containers } } as unknown as CommandContext;
}

/** What the command ends with. */
async function upgrade(migrated: boolean): Promise<unknown> {
  process.env.MIGRATED = migrated ? '1' : '';
  let main: () => Promise<void> = async () => undefined;
  mockRun.mockImplementation(async (found) => {
    main = found;
  });
  jest.isolateModules(() => require('../../cli/upgrade'));
  return main().catch((error: unknown) => error);
}

afterEach(() => {
  delete process.env.MIGRATED;
});

test.each([
  ['stops no node', false],
  ['notes no version', true],
])('it %s', async (_, migrated) => {
  running = !migrated;
  const error = (await upgrade(migrated)) as UserError;
  expect(error.message).toContain('bank-certificate-authority is gone');
  expect(docker).not.toHaveBeenCalled();
  expect(mockNote).not.toHaveBeenCalled();
});
