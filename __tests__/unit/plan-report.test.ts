import { parsePlan } from '../../review/plan/parse-plan';
import type { PlannedStack } from '../../review/plan/planned-stack';
import { renderMarkdown } from '../../review/report/markdown';
import { buildReport, type ReportInput, reportDigest } from '../../review/report/report';
import { renderTerminal } from '../../review/report/terminal';
import { readPlanFixture } from '../support/plan-fixtures';
import { reportInput } from '../support/report-input';
import type { Json } from '../support/synth';

/** A copy of a captured input that a case may change. */
function input(name: string): ReportInput & { stacks: PlannedStack[] } {
  return structuredClone(reportInput(readPlanFixture(name))) as Json;
}

function entry({ stacks }: { stacks: readonly PlannedStack[] }, stack: string, address: string): Json {
  const { plan } = stacks.find(({ name }) => name === stack) as PlannedStack;
  return plan.resource_changes?.find((change) => change.address === address);
}

const SERVER = 'docker_container.identity-server';

test.each(['1.0', '1.2', '1.99'])('a plan of format %s is read', (format_version) => {
  expect(parsePlan(JSON.stringify({ format_version, something: 'new' })).format_version).toBe(format_version);
});

test.each(['{"format_version":"2.0"}', '{}'])('another one is refused: %s', (text) => {
  expect(() => parsePlan(text)).toThrow('this program reads 1.x');
});

describe('the digest', () => {
  const changed = (name: string, change: (input: ReportInput & { stacks: PlannedStack[] }) => void): string => {
    const other = input(name);
    change(other);
    return buildReport(other).digest;
  };

  test('names every saved plan, their order, and what is said of them', () => {
    const digests = [
      changed('image', () => undefined),
      changed('image', ({ stacks }) => stacks.reverse()),
      changed('image', ({ stacks }) => stacks.splice(0, 1, { ...(stacks[0] as PlannedStack), sha256: 'other' })),
      changed('image', (report) => Object.assign(report, { destroy: true })),
      changed('image', (report) => Object.assign(report, { revision: 'other' })),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  test('is found again in the file, and not in one that somebody has changed', () => {
    const report = buildReport(input('protected-database-replaced'));
    const read = () => JSON.parse(JSON.stringify(report));
    expect(reportDigest(read())).toBe(report.digest);
    for (const part of ['findings', 'refusals', 'changes', 'stacks', 'dangers'] as const) {
      expect(reportDigest({ ...read(), [part]: [] })).not.toBe(report.digest);
    }
  });
});

test('a lost state is no first creation: what is there is named, nothing is applied, and both ways back are shown', () => {
  const changed = input('first-create');
  Object.assign(changed.stacks[0] as PlannedStack, { unknown: ['bank-database', 'network bank'] });
  const report = buildReport(changed);
  expect(report.availability.text).toContain('what serves today goes on');
  expect(report.lost).toEqual([{ stack: 'bank-foundation', resources: ['bank-database', 'network bank'] }]);
  const terminal = renderTerminal(report, false);
  expect(terminal).toContain('refused;');
  expect(terminal).toContain(
    'REFUSED bank-foundation: its state does not know what is there: bank-database, network bank',
  );
  const markdown = renderMarkdown(report);
  expect(markdown).toContain(
    '- The state of `bank-foundation` does not know what is there: `bank-database`, `network bank`.',
  );
  for (const text of [terminal, markdown]) expect(text).toContain('make adopt ENVIRONMENT=bank');
  expect(markdown).not.toContain('make apply');
});

test('text of a plan moves no cursor, hides no line and gives a workflow no command', () => {
  const hostile = input('rolling-configuration');
  const { change } = entry(hostile, 'bank-node-1', SERVER);
  const evil = 'begin\r\u001b[2J\u202ehidden\n::add-mask::abc123\n ::warning::\n##[error]gone';
  change.after = { ...change.after, upload: [{ file: '/evil\u001b[1A', content: evil }] };
  const report = buildReport(hostile);
  for (const text of [renderMarkdown(report), renderTerminal(report, false), JSON.stringify(report)]) {
    expect(text).not.toMatch(/(?!\n|\t)[\p{Cc}\p{Cf}]/u);
    expect(text).toContain('u202ehidden');
  }
  const lines = renderTerminal(report, false).split('\n');
  expect(lines.filter((line) => line.trim().startsWith('::') || line.includes('##['))).toEqual([]);
});

test('a file that was changed in a volume is drift, by name', () => {
  const changed = input('nothing-to-do');
  const changedFiles = [{ volume: 'bank-load-balancer-configuration', files: ['revisions/1/nginx.conf'] }];
  Object.assign(changed.stacks.at(-1) as PlannedStack, { changedFiles });
  const report = buildReport(changed);
  const found = 'changed by hand: revisions/1/nginx.conf';
  expect(report.drift).toMatchObject([{ name: 'bank-load-balancer-configuration', found, stopped: false }]);
  expect(renderTerminal(report, false)).toContain(`! bank-load-balancer-configuration: ${found}`);
  expect(renderMarkdown(report)).toContain('revisions/1/nginx.conf');
});

test('what stands in the way on the Docker host is said before the apply', () => {
  const found = { severity: 'error', key: 'load_balancer.https_port', message: 'port 443 is taken by <web>' } as const;
  const report = buildReport({ ...input('first-create'), foreseen: [found] });
  const words = '. "make up" and "make apply" refuse until then';
  expect(renderTerminal(report, false)).toContain(
    `WARNING  load_balancer.https_port: port 443 is taken by <web>${words}`,
  );
  expect(renderMarkdown(report)).toContain(`> - load_balancer.https_port: port 443 is taken by \\<web\\>${words}`);
  expect(buildReport(input('first-create')).digest).not.toBe(report.digest);
});

test('what is replaced although nothing was configured says why', () => {
  const changed = input('rolling-configuration');
  const { change } = entry(changed, 'bank-node-1', SERVER);
  entry(changed, 'bank-node-1', SERVER).action_reason = 'replace_by_request';
  const first = changed.stacks.find(({ name }) => name === 'bank-node-1') as PlannedStack;
  Object.assign(first, {
    requested: new Map([['docker_container.identity-server', 'its certificate ends in 12 days']]),
  });
  expect(change.actions).toEqual(['delete', 'create']);
  expect(renderTerminal(buildReport(changed), false)).toContain('its certificate ends in 12 days');
});

test('a replacement is a replacement, whichever half comes first', () => {
  const changed = input('rolling-configuration');
  entry(changed, 'bank-node-1', SERVER).change.actions = ['create', 'delete'];
  expect(buildReport(changed).counts).toMatchObject({ replace: 2, create: 0, destroy: 0 });
});

test('both nodes in one stack are an interruption', () => {
  const changed = input('rolling-configuration');
  const [one, two] = ['bank-node-1', 'bank-node-2'].map((name) => changed.stacks.find((stack) => stack.name === name));
  (one as Json).plan.resource_changes.push(...(two as Json).plan.resource_changes.splice(0));
  expect(buildReport(changed).availability).toEqual({
    level: 'interruption',
    text: expect.stringContaining('nodes are replaced in one stack, bank-node-1'),
  });
});

test.each([
  ['login.bank.test', true],
  ['new.is.bank.test', false],
])(
  'another host name, %s, asks clients for the authority’s new certificate only where the bounds of today’s leave it out: %s',
  (name, asked) => {
    const changed = input('rolling-configuration');
    const before = changed.topology.loadBalancer.hostname;
    const job = entry(changed, 'bank-foundation', 'docker_container.keystore-keystores-job');
    const after = job.change.before.env.map((each: string) =>
      each === `HOSTNAME_PUBLIC=${before}` ? `HOSTNAME_PUBLIC=${name}` : each,
    );
    job.change = { ...job.change, actions: ['delete', 'create'], after: { ...job.change.before, env: after } };
    const { level, text } = buildReport(changed).availability;
    expect({ before, level }).toEqual({ before: 'is.bank.test', level: 'interruption' });
    expect(text).toContain(`for clients of ${before}: it is served until the load balancer takes over`);
    expect(text.includes('need the new build/bank/ca.crt')).toBe(asked);
  },
);

test('a node that is stopped is replaced before the one that serves', () => {
  const changed = input('rolling-configuration');
  const second = changed.stacks.find(({ name }) => name === 'bank-node-2') as Json;
  const { address, type, change } = entry(changed, 'bank-node-2', SERVER);
  const stopped = { ...change.before, must_run: false };
  second.plan.resource_drift = [
    { address, type, change: { actions: ['update'], before: change.before, after: stopped } },
  ];
  expect(buildReport(changed).availability).toEqual({
    level: 'rolling',
    text: expect.stringContaining('bank-node-2, then bank-node-1'),
  });
});

test.each([
  [['bank-load-balancer'], 'bank-load-balancer is missing; the apply ends that interruption'],
  [['bank-node-1', 'bank-node-2'], 'no node is there; the apply ends that interruption'],
])(
  'of %s, which somebody has removed, the plan says that it is missing, and not that nothing has been created yet',
  (removed, words) => {
    const changed = input('nothing-to-do');
    for (const name of removed) {
      const stack = changed.stacks.find((each) => each.name === name) as Json;
      const container = stack.plan.resource_changes.find((each: Json) => each.change.before?.name === name);
      const { address, type, change } = container;
      stack.plan.resource_drift = [
        { address, type, change: { actions: ['delete'], before: change.before, after: null } },
      ];
      container.change = { ...change, actions: ['create'], before: null };
    }
    expect(buildReport(changed).availability).toEqual({
      level: 'interruption',
      text: expect.stringContaining(words),
    });
  },
);

test('a volume whose labels change is data that is lost', () => {
  const changed = input('nothing-to-do');
  const volume = entry(changed, 'bank-foundation', 'docker_volume.database-data');
  volume.change = {
    ...volume.change,
    actions: ['delete', 'create'],
    after: { ...volume.change.after, labels: [] },
    replace_paths: [['labels']],
  };
  volume.action_reason = 'replace_because_cannot_update';
  const report = buildReport(changed);
  expect(report.dangers).toEqual([
    expect.objectContaining({
      path: 'bank-foundation/database/data',
      reason: 'labels',
      consequence: expect.stringContaining('all users, sessions, consents and tokens'),
    }),
  ]);
  expect(renderMarkdown(report)).toContain('> [!CAUTION]');
  expect(renderTerminal(report, false)).toContain('DANGER  replace bank-foundation/database/data');
});

test('volumes that jobs fill again are no danger', () => {
  const changed = input('nothing-to-do');
  entry(changed, 'bank-foundation', 'docker_volume.schema-scripts').change.actions = ['delete', 'create'];
  expect(buildReport(changed).dangers).toEqual([]);
});

test('a value is hidden wherever else it stands, and its innocent neighbours are not', () => {
  const changed = input('rolling-configuration');
  const { change } = entry(changed, 'bank-node-1', SERVER);
  const secret = 'a-secret-of-the-bank';
  change.after.env = [...change.after.env, `TOKEN=${secret}`];
  change.after.hostname = `host-${secret}`;
  change.after_sensitive = { ...change.after_sensitive, domainname: true };
  change.after.domainname = secret;
  const report = buildReport(changed);
  expect(JSON.stringify(report)).not.toContain(secret);
  expect(report.changes[0]?.variables).toContainEqual({ variable: 'TOKEN', after: '(sensitive)' });
  expect(report.changes[0]?.attributes).toContainEqual({
    attribute: 'hostname',
    before: '"bank-node-1"',
    after: '"host-(sensitive)"',
  });
});

test('the values of sensitive variables are hidden, also in what Terraform says', () => {
  const changed = input('rolling-configuration');
  const node = changed.stacks.find(({ name }) => name === 'bank-node-1') as Json;
  node.plan.variables = { password: { value: 'hunter2-hunter2' }, size: { value: 'innocent' } };
  node.plan.configuration = { root_module: { variables: { password: { sensitive: true }, size: {} } } };
  node.text += '\nhunter2-hunter2 innocent\n';
  const text = renderMarkdown(buildReport(changed), Number.MAX_SAFE_INTEGER);
  expect(text).not.toContain('hunter2');
  expect(text).toContain('(sensitive) innocent');
});

test('a file may contain fences, tables and tags without leaving its place', () => {
  const changed = input('rolling-configuration');
  const { change } = entry(changed, 'bank-node-1', SERVER);
  for (const upload of change.after.upload) upload.content += '\n`````\n</details> | <script>\n';
  const text = renderMarkdown(buildReport(changed));
  expect(text).toContain('``````diff');
  expect(text.split('\n').filter((line) => line === '``````')).toHaveLength(3);
});

describe('files on the machine that runs Terraform', () => {
  /** The plan of a fresh runner: state is remote, and the two files are not there. */
  function onFreshRunner(name = 'nothing-to-do'): Json {
    const changed: Json = input(name);
    const plan = changed.stacks[0].plan;
    for (const each of plan.resource_changes.filter(({ type }: Json) => type === 'local_file')) {
      plan.resource_drift = [...(plan.resource_drift ?? []), structuredClone(each)];
      Object.assign(plan.resource_drift.at(-1).change, { actions: ['delete'], after: null });
      Object.assign(each.change, { actions: ['create'], before: null });
    }
    return changed;
  }

  test('are no change of the deployment, and no drift: one line says that they are written', () => {
    const report = buildReport(onFreshRunner());
    expect(report.changes).toEqual([]);
    expect(report.drift).toEqual([]);
    expect(report.counts.create).toBe(0);
    const text = renderMarkdown(report);
    expect(text).toContain('## Plan of `bank`: nothing to change\n\n0 of 4 stacks change');
    expect(text).toContain('are written: `build/bank/ca.crt`, `build/bank/hosts`.');
    expect(renderTerminal(report, false)).toBe(
      'Nothing to change.\nFiles on this machine that the apply writes: build/bank/ca.crt, build/bank/hosts',
    );
  });

  test('can be applied all the same', () => {
    const report = buildReport(onFreshRunner());
    expect(report.stacks.filter(({ changes }) => changes).map(({ name }) => name)).toEqual(['bank-foundation']);
    expect(renderMarkdown(report)).toContain(`make apply ENVIRONMENT=bank PLAN=${report.digest}`);
  });

  test('are not mentioned where they stay', () => {
    expect(renderMarkdown(buildReport(input('nothing-to-do')))).not.toContain('ca.crt');
  });

  test('another file of that kind is a change like any other', () => {
    const changed = onFreshRunner();
    for (const { type, change } of changed.stacks[0].plan.resource_changes) {
      if (type === 'local_file') change.after.filename = '/etc/somewhere-else';
    }
    expect(buildReport(changed).counts.create).toBe(2);
  });
});

describe('the picture', () => {
  const FENCE = '```mermaid\n';

  test('is there when something changes', () => {
    expect(renderMarkdown(buildReport(input('rolling-configuration')))).toContain(FENCE);
    expect(renderMarkdown(buildReport(input('nothing-to-do')))).not.toContain(FENCE);
  });

  test('is the first to go after the fold, and goes as a whole', () => {
    const report = buildReport(input('rolling-configuration'));
    const without = renderMarkdown({ ...report, picture: undefined, texts: [] }, Number.MAX_SAFE_INTEGER);
    const size = Buffer.byteLength(without);
    const pictureSize = Buffer.byteLength(report.picture as string);
    expect(renderMarkdown(report, size + pictureSize)).not.toContain(FENCE);
    const fitting = renderMarkdown(report, size + pictureSize + 60);
    expect(fitting).toContain(`${FENCE}${report.picture}\`\`\``);
    expect(fitting).not.toContain('<summary>What Terraform says');
    expect(fitting.replace(`${FENCE}${report.picture}\`\`\`\n\n`, '')).toBe(without);
  });
});

test('colours are for terminals alone', () => {
  const report = buildReport(input('rolling-configuration'));
  expect(renderTerminal(report, true)).toContain('\u001b[');
  expect(renderTerminal(report, false)).not.toContain('\u001b');
});
