import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineContainer } from '../../cli/environment-engine';
import { dueRenewals, KEYSTORES_JOB, LOAD_BALANCER, NODE, parseCertificates } from '../../cli/renewals';
import { firstReleaseHealth, LOAD_BALANCER_HEALTH } from '../../topology/load-balancer-health';
import type { Topology } from '../../topology/topology';
import { authorityFixture, PROJECT, topology } from '../support/synth';

const PEM = authorityFixture('expired-root');
const OTHER = authorityFixture('root');
const [CERTIFICATE, LATER] = [PEM, OTHER].map((pem) => new X509Certificate(pem)) as [X509Certificate, X509Certificate];
const END = new Date(CERTIFICATE.validTo);
const DAY = 86_400_000;
const derived = topology(undefined, 'bank');
const renamed = topology(
  '[identity_server]\ndistribution = "sandbox"\n[load_balancer]\nhostname = "login.bank.test"\n',
  'bank',
);
const supplied = topology(
  '[identity_server]\ndistribution = "sandbox"\n[load_balancer]\nhostname = "is.sandbox.test"\ncertificate = "supplied"\n',
  'bank',
);

/** What a plan replaces that many days before the certificates end, by what the containers say. */
async function due(
  days: number,
  {
    of = derived,
    says = {},
    health = LOAD_BALANCER_HEALTH,
    running = true,
  }: { of?: Topology; says?: Record<string, string>; health?: readonly string[]; running?: boolean } = {},
): Promise<Record<string, string>> {
  const container = {
    running,
    paused: false,
    restarting: false,
    outOfMemory: false,
    startError: '',
    exitCode: 0,
    startedAt: '',
    restarts: 0,
    image: 'image',
    variables: {},
  };
  const containers: EngineContainer[] = [
    ...of.nodes.map(({ containerName }) => ({ ...container, name: containerName })),
    { ...container, name: of.loadBalancer.containerName, healthCommand: health },
  ];
  const engine = {
    exec: async (name: string) => {
      const text = says[name];
      if (text === undefined) throw new Error('does not answer');
      return text;
    },
  };
  const found = await dueRenewals({ topology: of, engine }, containers, new Date(END.getTime() - days * DAY));
  return Object.fromEntries([...found].map(([name, { address }]) => [name, address]));
}

const BOTH = {
  'bank-node-1': `== served\n${PEM}== installed\n${PEM}`,
  'bank-node-2': `== served\n${PEM}== installed\n${PEM}`,
};

test('what a node says is read by name', () => {
  const read = parseCertificates(
    `== served\n${PEM}== installed\n${OTHER}== authority\n${PEM}== signing-1.crt\n${PEM}== signing-12.crt\n${OTHER}`,
  );
  const serials = (certificates: readonly (X509Certificate | undefined)[]) =>
    certificates.map((each) => each?.serialNumber);
  expect(serials([read.served, read.installed, read.authority, ...read.signing.values()])).toEqual(
    serials([CERTIFICATE, LATER, CERTIFICATE, CERTIFICATE, LATER]),
  );
  expect([...read.signing.keys()]).toEqual([1, 12]);
  expect(parseCertificates('')).toEqual({ signing: new Map() });
});

test('certificates that last 30 days or longer are left alone', async () => {
  expect(await due(30.5, { says: BOTH })).toEqual({});
});

test('in the last 30 days the job and both nodes are planned again', async () => {
  expect(await due(29.5, { says: BOTH })).toEqual({
    'bank-foundation': KEYSTORES_JOB,
    'bank-node-1': NODE,
    'bank-node-2': NODE,
  });
});

test('after a roll that stopped only the node that still serves the old one is', async () => {
  const says = {
    'bank-node-1': `== served\n${OTHER}== installed\n${OTHER}`,
    'bank-node-2': `== served\n${PEM}== installed\n${OTHER}`,
  };
  expect(await due(29.5, { says })).toEqual({ 'bank-node-2': NODE });
});

test('the load balancer’s own certificate is issued again without a roll, and a supplied one is not ours to issue', async () => {
  const says = { 'bank-load-balancer': PEM };
  expect(await due(29.5, { says })).toEqual({ 'bank-foundation': KEYSTORES_JOB });
  expect(await due(29.5, { says, of: supplied })).toEqual({});
});

test('a node of the first release, one that does not answer and one that is stopped are no reason', async () => {
  expect(await due(1, { says: { 'bank-node-1': '' } })).toEqual({});
  expect(await due(1, { says: BOTH, running: false })).toEqual({});
});

describe('a load balancer of the first release', () => {
  const health = firstReleaseHealth(derived.loadBalancer, 'issued');

  test('stays as long as its health check works', async () => {
    expect(await due(100, { health })).toEqual({});
  });

  test.each([
    ['another name', renamed],
    ['another certificate', supplied],
  ])('is replaced, once, for %s', async (_, of) => {
    expect(await due(100, { health, of })).toEqual({ 'bank-load-balancer': LOAD_BALANCER });
    expect(await due(100, { of })).toEqual({});
  });
});

test('the addresses are those of the stacks', () => {
  const addresses = readFileSync(join(PROJECT, '__tests__/synth/addresses/sandbox.txt'), 'utf8');
  for (const address of [NODE, KEYSTORES_JOB, LOAD_BALANCER]) expect(addresses).toContain(` ${address}\n`);
});
