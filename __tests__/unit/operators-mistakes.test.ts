import { createHash } from 'node:crypto';
import { requireNobodyAtWork } from '../../cli/at-work';
import { changedNodeFiles } from '../../cli/changed-node-files';
import type { CommandContext } from '../../cli/command';
import { failedLayer } from '../../cli/failed-layer';
import { requireVolumes } from '../../cli/gone-volumes';
import { CommandError } from '../../cli/setup/process';
import { withObjects } from '../../review/plan/kubernetes-object';
import type { Plan, ResourceChange } from '../../review/plan/plan-json';
import { renderMarkdown } from '../../review/report/markdown';
import { buildReport } from '../../review/report/report';
import { renderTerminal } from '../../review/report/terminal';
import type { NodeTopology } from '../../topology/node';
import { clusterPlans, onCluster } from '../support/kubernetes-plans';
import { readPlanFixture } from '../support/plan-fixtures';
import { reportInput } from '../support/report-input';
import { type Json, topology } from '../support/synth';

// What commands do after the mistakes of `make mistakes`, whose suite has the real engine.
const bank = topology(undefined, 'bank');

describe('a plan while somebody is at work', () => {
  const context = (running: string) =>
    ({
      topology: bank,
      engine: {
        docker: async (_: string, action: string) =>
          action === 'ls' ? running : 'alice@laptop: make up, since today\n',
      },
    }) as unknown as CommandContext;

  test('is refused with who it is: it would be saved over the plans that are being applied', async () => {
    await expect(requireNobodyAtWork(context('4711\n'))).rejects.toThrow(
      'somebody is at work on bank (alice@laptop: make up, since today). Nothing was changed.',
    );
  });

  test('is made where nobody is', () => requireNobodyAtWork(context('\n')));
});

describe('the files in a node', () => {
  const [node] = bank.nodes as [NodeTopology];
  const digests = Object.entries(node.files).map(([path, content]): [string, string] => [
    path,
    createHash('sha256').update(content).digest('hex'),
  ]);
  const found = (printed: readonly (readonly [string, string])[]) =>
    changedNodeFiles(node, { docker: async () => printed.map(([path, digest]) => `${digest}  ${path}\n`).join('') });

  test('are as they were put there', async () => {
    expect(await found(digests)).toEqual([]);
  });

  test('are named where somebody has changed or removed them', async () => {
    const [first, second, ...rest] = digests as [[string, string], [string, string]];
    expect(await found([[first[0], '0'.repeat(64)], ...rest])).toEqual([first[0], second[0]]);
  });

  test('are not known where the node cannot be asked, or has no program for it', async () => {
    const docker = () => Promise.reject(new Error('is not running'));
    expect(await changedNodeFiles(node, { docker })).toEqual([]);
    expect(await found([])).toEqual([]);
  });
});

describe('a volume that is gone although the state knows it', () => {
  /** A plan that puts a new volume in its place. */
  function without(loss: string, toml?: string) {
    const fixture = readPlanFixture('nothing-to-do');
    const input = reportInput({ ...fixture, ...(toml && { toml }) });
    const { plan } = input.stacks.find(({ name }) => name === 'bank-foundation') as Json;
    const known = (plan.resource_changes as ResourceChange[]).find(
      ({ type, change }) => type === 'docker_volume' && change.before?.name === loss,
    ) as Json;
    plan.resource_drift = [{ ...known, change: { ...known.change, actions: ['delete'], after: null } }];
    known.change = { ...known.change, actions: ['create'], before: null };
    return input;
  }
  const required = (loss: string, toml?: string) => {
    const { stacks, topology: derived } = without(loss, toml);
    return requireVolumes(
      { topology: derived },
      stacks.map(({ plan }) => ({ planJson: async () => plan })),
    );
  };

  test('stops make up, with what is lost and where it comes from', async () => {
    await expect(required('bank-certificate-authority')).rejects.toThrow(
      /bank-certificate-authority is gone: the certificate authority is lost.*\n.*make restore ENVIRONMENT=bank < archive\n[\s\S]*make apply ENVIRONMENT=bank PLAN=/,
    );
    await expect(required('bank-database-data')).rejects.toThrow(
      /bank-database-data is gone: all users.*\n.*its own backup/,
    );
  });

  test('of the authority, while what it has signed is there, says first what stands against a new one', async () => {
    const steps = 'docker volume rm bank-keystores bank-load-balancer-certificates';
    await expect(required('bank-certificate-authority')).rejects.toThrow(
      new RegExp(`docker rm -f bank-load-balancer bank-node-1 bank-node-2 && ${steps}\n  make plan`),
    );
    await expect(required('bank-database-data')).rejects.toThrow(/^((?!docker rm)[\s\S])*$/);
  });

  describe('on Kubernetes, a Secret or a claim', () => {
    const cluster = onCluster();
    /** The plan of the foundation when somebody has deleted the object. */
    const requiredThere = (name: string) => {
      const { stacks } = clusterPlans(cluster, cluster);
      const [{ plan }] = stacks as [(typeof stacks)[number]];
      const known = plan.resource_changes?.find((each) => each.change.before?.name === name) as Json;
      const drifted: Plan = {
        ...plan,
        resource_drift: [{ ...known, change: { ...known.change, actions: ['delete'], after: null } }],
      };
      return requireVolumes({ topology: cluster }, [{ planJson: async () => withObjects(drifted) }]);
    };

    test('stops make up as well, and the way on is kubectl', async () => {
      await expect(requiredThere('bank-certificate-authority')).rejects.toThrow(
        /an empty object[\s\S]*bank-certificate-authority is gone: [\s\S]*make restore ENVIRONMENT=bank < archive[\s\S]*kubectl --context bank -n bank delete deployment bank-load-balancer bank-node-1 bank-node-2 && kubectl --context bank -n bank delete secret bank-keystores bank-load-balancer-certificates\n/,
      );
      await expect(requiredThere('bank-database-data')).rejects.toThrow(/bank-database-data is gone: all users/);
      await requiredThere('bank-keystores');
    });
  });

  test('is no matter where a job fills it again', async () => {
    await required('bank-keystores');
  });

  test('is no matter where the database is elsewhere, so that its volume is empty', async () => {
    const toml = `${readPlanFixture('nothing-to-do').toml}\n[database]\nhost = "db.bank.example"\nmax_connections = 500\n`;
    await required('bank-database-data', toml);
    expect(buildReport(without('bank-database-data', toml)).dangers).toEqual([]);
  });

  test('is a danger in the report', () => {
    const report = buildReport(without('bank-database-data'));
    const words = 'it is gone, and an empty one takes its place: all users';
    expect(report.dangers).toMatchObject([{ action: 'create', name: 'bank-database-data' }]);
    expect(renderTerminal(report, false)).toContain(`DANGER  create bank-foundation/`);
    expect(renderTerminal(report, false)).toContain(words);
    expect(renderMarkdown(report)).toContain('**What held data is gone**');
    expect(renderMarkdown(report)).toContain(words);
  });
});

describe('a layer that failed', () => {
  const failed = async (stack: string, container: Json, log = '', others: readonly Json[] = []) => {
    const context = {
      topology: bank,
      engine: { containers: async () => [container, ...others], lastLines: async () => log },
    } as unknown as CommandContext;
    const found = [...bank.stacks].find(({ name }) => name === stack) as (typeof bank.stacks)[number];
    return (await failedLayer(context, found, new CommandError(['tofu'], 1, 'exit code 1', ['it timed out']))).message;
  };
  const ended = { running: false, exitCode: 137, outOfMemory: true, startError: '', restarts: 0 };

  test('names how its server has ended', async () => {
    const serving = { name: 'bank-node-2', running: true, paused: false, health: 'healthy' };
    const message = await failed('bank-node-1', { ...ended, name: 'bank-node-1' }, '', [serving]);
    expect(message).toContain('bank-node-1: it was ended because it needed more than its 4096 MiB of memory');
    expect(message).toContain('The roll stops here; bank-node-2 keep serving as before.');
  });

  test('says of nobody that it keeps serving where nobody does', async () => {
    const message = await failed('bank-node-1', { ...ended, name: 'bank-node-1' });
    expect(message).not.toContain('keep serving');
    expect(message).toContain('"make up" continues from here');
  });

  test('of the foundation, names what is wrong with the database', async () => {
    const message = await failed(
      'bank-foundation',
      { ...ended, name: 'bank-database', outOfMemory: false, exitCode: 1 },
      'FATAL: could not write lock file: No space left on device',
    );
    expect(message).toContain('Last lines of bank-database');
    expect(message).toContain('bank-database: it ended with exit code 1; a disk or volume is full');
    expect(message).toContain('"make up" continues from here');
  });
});
