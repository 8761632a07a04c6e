import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResourceChange } from '../../review/plan/plan-json';
import { COMMENT_LIMIT, commentMarker, renderMarkdown } from '../../review/report/markdown';
import { buildReport } from '../../review/report/report';
import { renderTerminal } from '../../review/report/terminal';
import { planFixtures, readPlanFixture } from '../support/plan-fixtures';
import { reportInput } from '../support/report-input';
import { synthesizeToFiles, topology } from '../support/synth';

// The golden reports are the text that people get, from plans of the real provider. UPDATE_GOLDEN=1 writes them anew; read what
// has changed before you commit it.

const CASES = planFixtures().map((name) => {
  const fixture = readPlanFixture(name);
  const input = reportInput(fixture);
  return { name, fixture, input, report: buildReport(input) };
});
const byName = new Map(CASES.map((each) => [each.name, each]));
const reportOf = (name: string) => {
  const found = byName.get(name);
  if (!found) throw new Error(`there are no plans for ${name}`);
  return found.report;
};

test.each(CASES)('the report of $name is the one that was read and accepted', ({ name, report }) => {
  const file = join(__dirname, `${name}.md`);
  // The long ones are kept short, but for the one that shows the real limit.
  const text = renderMarkdown(report, name === 'oversize' ? COMMENT_LIMIT : 20_000);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
  expect(existsSync(file)).toBe(true);
  expect(text).toBe(readFileSync(file, 'utf8'));
});

/** These do not have every resource: a node had been removed by hand before, and Terraform ends a plan where something must not go. */
const INCOMPLETE = ['destroy', 'protected-database-replaced'];

// Plans that were captured before a resource came, went or was renamed show what no plan shows any more.
test.each(CASES)(
  'the plans of $name have the resources of today',
  ({ name: fixture, fixture: { toml, destroy, stacks } }) => {
    const today = synthesizeToFiles([topology(toml, 'bank')]).stacks.flatMap(({ name, resources }) =>
      resources.map(({ address }) => `${name} ${address}`),
    );
    const stays = ({ change }: ResourceChange) => destroy || change.actions.join() !== 'delete';
    const planned = stacks.flatMap(({ name, plan }) =>
      (plan.resource_changes ?? []).filter(stays).map(({ address }) => `${name} ${address}`),
    );
    const expected = INCOMPLETE.includes(fixture) ? today.filter((resource) => planned.includes(resource)) : today;
    expect(planned.sort()).toEqual(expected.sort());
  },
);

test('there is no golden report without its plans', () => {
  const golden = readdirSync(__dirname).filter((file) => file.endsWith('.md'));
  expect(golden.map((file) => file.replace('.md', '')).sort()).toEqual(CASES.map(({ name }) => name).sort());
});

test.each(CASES)('the report of $name fits a comment, and its marker is the first line', ({ report }) => {
  const text = renderMarkdown(report);
  expect(Buffer.byteLength(text)).toBeLessThan(COMMENT_LIMIT);
  expect(text.split('\n')[0]).toBe(commentMarker('bank'));
});

test.each(CASES)('the fences of $name close, so that nothing of a file is read as Markdown', ({ report }) => {
  let open: string | undefined;
  for (const line of renderMarkdown(report).split('\n')) {
    const marks = /^(`{3,})\w*$/.exec(line)?.[1];
    if (marks === undefined) continue;
    if (open === undefined) open = marks;
    else if (line === open) open = undefined;
  }
  expect(open).toBeUndefined();
});

test('a first creation has no danger and interrupts nothing', () => {
  const { counts, dangers, availability } = reportOf('first-create');
  expect(counts).toMatchObject({ update: 0, replace: 0, destroy: 0 });
  expect(counts.create).toBeGreaterThan(20);
  expect(dangers).toEqual([]);
  expect(availability).toEqual({ level: 'unaffected', text: expect.stringContaining('first creation') });
});

test('nothing to do is said in one line, with nothing to apply', () => {
  const report = reportOf('nothing-to-do');
  expect(report.changes).toEqual([]);
  expect(report.drift).toEqual([]);
  expect(renderTerminal(report, false)).toBe('Nothing to change.');
  expect(renderMarkdown(report)).not.toContain('make apply');
});

test('a changed configuration rolls through the nodes, and both have the same diff', () => {
  const { counts, availability, files, dangers } = reportOf('rolling-configuration');
  expect(counts).toMatchObject({ replace: 2, replacedServers: 2, replacedJobs: 0 });
  expect(availability.level).toBe('rolling');
  expect(dangers).toEqual([]);
  expect(files).toEqual([
    {
      file: expect.stringMatching(/deployment\.toml$/),
      containers: ['bank-node-1/identity-server', 'bank-node-2/identity-server'],
      diff: expect.stringContaining('\n+maxThreads = 300\n'),
    },
  ]);
});

test('a new image is named, and rolls through the nodes', () => {
  const { availability, changes } = reportOf('image');
  expect(availability.level).toBe('rolling');
  const images = changes.filter(({ type }) => type === 'docker_image');
  expect(images.flatMap(({ attributes }) => attributes)).toContainEqual({
    attribute: 'name',
    before: '"wso2-is-active-active/sandbox-identity-server:test"',
    after: '"bank/identity-server:2"',
  });
});

test('a changed load balancer configuration is a job and a reload', () => {
  const { counts, availability, files } = reportOf('load-balancer-configuration');
  expect(counts).toMatchObject({ replace: 1, replacedJobs: 1, replacedServers: 0 });
  expect(availability).toEqual({ level: 'unaffected', text: expect.stringContaining('reload') });
  expect(files.map(({ file }) => file)).toContain('/candidate/topology.js');
});

test('a replaced load balancer is an interruption', () => {
  const { availability } = reportOf('load-balancer-replaced');
  expect(availability).toEqual({ level: 'interruption', text: expect.stringContaining('load balancer is replaced') });
});

test('a database of a protected environment is not replaced: danger, the attribute that forces it, refusal, policy', () => {
  const report = reportOf('protected-database-replaced');
  expect(report.dangers).toEqual([
    expect.objectContaining({
      address: 'docker_container.database',
      action: 'replace',
      reason: expect.stringContaining('image'),
    }),
  ]);
  expect(report.refusals).toEqual([
    { stack: 'bank-foundation', message: expect.stringContaining('docker_container.database has prevent_destroy') },
  ]);
  expect(report.availability.level).toBe('interruption');
  expect(report.findings.map(({ rule }) => rule)).toEqual(['stateful-destroy']);
  expect(report.suppressed.map(({ rule }) => rule)).toEqual(['local-state', 'image-pinned', 'secrets-supplied']);
  expect(renderMarkdown(report)).not.toContain('make apply');
});

test('a node that leaves is drained first and destroyed last: a rolling change, and no danger', () => {
  const { availability, counts, dangers, stacks } = reportOf('node-leaves');
  expect(availability).toEqual({
    level: 'rolling',
    text: expect.stringContaining('rolling, no interruption expected: bank-node-3 is drained first'),
  });
  expect(counts).toMatchObject({ destroy: 2, replacedServers: 0 });
  expect(dangers).toEqual([]);
  expect(stacks.at(-1)).toMatchObject({ name: 'bank-node-3', changes: true });
  const text = renderMarkdown(reportOf('node-leaves'));
  expect(text).toContain('| **destroy** | `bank-node-3` | `docker_container.identity-server` |');
  expect(text).toContain('`bank-load-balancer`, `bank-node-3`. Exactly this plan');
});

test('a database that becomes external: its container is in danger, its data stay, and nothing is served meanwhile', () => {
  const { availability, dangers, findings, refusals } = reportOf('database-external');
  const destroyed = ['docker_container.database'];
  expect(dangers.map(({ address }) => address)).toEqual(destroyed);
  expect(availability).toEqual({
    level: 'interruption',
    text: expect.stringContaining('bank-database is destroyed before the nodes use the database server db.bank.test'),
  });
  // The container has no prevent_destroy: the policy alone keeps it.
  expect(refusals).toEqual([]);
  const broken = findings.find(({ rule }) => rule === 'stateful-destroy');
  expect(broken?.violations.map(({ location }) => location)).toEqual(destroyed);
});

test('a replaced network is a danger', () => {
  const { dangers, availability } = reportOf('network-replaced');
  expect(dangers).toContainEqual(
    expect.objectContaining({
      address: 'docker_network.network',
      action: 'replace',
      reason: expect.stringContaining('ipam_config'),
    }),
  );
  expect(availability.level).toBe('interruption');
});

test('what was done by hand is found: changed, stopped, gone', () => {
  const { drift, availability } = reportOf('drift');
  const found = new Map(drift.map(({ name, found: text }) => [name, text]));
  expect(found.get('bank-node-1')).toContain('memory: 1024 → 2048');
  expect(found.get('bank-database')).toContain('it is stopped');
  expect(found.get('bank-node-2')).toContain('it is gone');
  expect(drift).toHaveLength(3);
  expect(availability).toEqual({ level: 'interruption', text: expect.stringContaining('bank-database is stopped') });
});

test('destroying says what is lost and that the service ends', () => {
  const { counts, dangers, availability } = reportOf('destroy');
  expect(counts).toMatchObject({ create: 0, update: 0, replace: 0 });
  expect(dangers.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'bank',
      'bank-database',
      'bank-database-data',
      'bank-keystores',
      'bank-certificate-authority',
    ]),
  );
  expect(availability.level).toBe('end');
  const text = renderMarkdown(reportOf('destroy'));
  expect(text).toContain('## Plan to destroy `bank`');
  expect(text).toContain('In this order: `bank-load-balancer`, `bank-node-1`, `bank-node-2`, `bank-foundation`.');
});

test('what is too long is cut from the end, and says so', () => {
  const { input, report } = byName.get('oversize') as (typeof CASES)[number];
  const whole = renderMarkdown(report, Number.MAX_SAFE_INTEGER);
  expect(Buffer.byteLength(whole)).toBeGreaterThan(COMMENT_LIMIT);
  const text = renderMarkdown(report);
  expect(text).toMatch(/Cut here: \d+ more lines\. The whole text is in build\/plan\/bank\//);
  for (const { address } of report.changes) expect(text).toContain(address);
  expect(text).toContain(`PLAN=${report.digest}`);
  expect(input.stacks).toHaveLength(10);
});

test.each([2_000, 5_000, 10_000, 30_000])('within %i bytes the headline and the danger stay', (limit) => {
  const report = reportOf('network-replaced');
  const text = renderMarkdown(report, limit);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
  expect(text).toContain('## Plan of `bank`');
  expect(text).toContain('> [!CAUTION]');
  expect(text).toContain('**Availability:**');
});

describe('a secret', () => {
  const CANARY = 'canary-7f3a1c';

  const names = ['secret', 'kubernetes-secret'];

  test.each(names)('is in the plans of %s', (name) => {
    expect(JSON.stringify(readPlanFixture(name))).toContain(CANARY);
  });

  test.each(names)('is in no form of the report of %s', (name) => {
    const report = reportOf(name);
    for (const text of [
      JSON.stringify(report),
      renderMarkdown(report, Number.MAX_SAFE_INTEGER),
      renderTerminal(report, true),
    ]) {
      expect(text).not.toContain(CANARY);
    }
  });

  test('does not hide that something changes', () => {
    const { changes } = reportOf('secret');
    expect(changes.map(({ address }) => address)).toContain('docker_container.identity-server');
  });

  test('in a cluster hides nothing beside it: a file with it and a Secret with a value are told', () => {
    const { changes, files, findings } = reportOf('kubernetes-secret');
    expect(changes.map(({ kind, name }) => [kind, name])).toEqual([
      ['Secret', 'bank-keystores'],
      ['ConfigMap', 'bank-node-1-files'],
    ]);
    expect(files).toMatchObject([{ file: 'secret.conf', diff: expect.stringContaining('+password = (sensitive)') }]);
    expect(findings.map(({ rule }) => rule)).toContain('default-credential');
  });
});

describe('in a cluster', () => {
  test('a first creation has no danger and interrupts nothing', () => {
    const { counts, dangers, availability } = reportOf('kubernetes-first-create');
    expect(counts).toMatchObject({ update: 0, replace: 0, destroy: 0 });
    expect(dangers).toEqual([]);
    expect(availability).toEqual({ level: 'unaffected', text: expect.stringContaining('first creation') });
  });

  test('what was applied is not planned again', () => {
    const { changes, drift } = reportOf('kubernetes-nothing-to-do');
    expect([changes, drift]).toEqual([[], []]);
  });

  test('a changed configuration rolls through the nodes, and both have the same diff', () => {
    const { counts, availability, files } = reportOf('kubernetes-rolling-configuration');
    expect(counts).toMatchObject({ update: 4, replace: 0, newPods: 2 });
    expect(availability.level).toBe('rolling');
    expect(files).toMatchObject([
      {
        file: expect.stringMatching(/^\/.*deployment\.toml$/),
        containers: ['bank-node-1/files', 'bank-node-2/files'],
        diff: expect.stringContaining('\n+maxThreads = 300\n'),
      },
    ]);
  });

  test('another image runs the jobs again that use it, and rolls', () => {
    const { counts, availability } = reportOf('kubernetes-image');
    expect(counts).toMatchObject({ newPods: 2, replacedJobs: 4, replacedServers: 0 });
    expect(availability.level).toBe('rolling');
  });

  test('load balancers are replaced one after the other', () => {
    const { counts, availability } = reportOf('kubernetes-load-balancer');
    expect(counts).toMatchObject({ update: 2, newPods: 1 });
    expect(availability.text).toMatch(/^the load balancers are replaced one after the other/);
  });

  test('what was done with kubectl is found: changed, gone', () => {
    const { drift, dangers, availability } = reportOf('kubernetes-drift');
    expect(drift.map(({ name, found }) => [name, found])).toEqual([
      ['bank-certificate-authority', 'it is gone'],
      ['bank-node-1', 'changed in the cluster'],
    ]);
    expect(dangers).toMatchObject([{ name: 'bank-certificate-authority', action: 'create' }]);
    expect(availability.level).toBe('rolling');
  });

  test('destroying says what is lost and that the service ends', () => {
    const { counts, dangers, availability } = reportOf('kubernetes-destroy');
    expect(counts).toMatchObject({ create: 0, update: 0, replace: 0 });
    expect(dangers).toHaveLength(8);
    expect(availability.level).toBe('end');
  });
});
