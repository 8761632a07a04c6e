import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hierarchies } from '../../cli/cluster/cgroups';
import { clusterRuns, ensureCluster, removeCluster } from '../../cli/cluster/cluster';
import { heal, isolate, killComponent, powerOff, powerOn, startComponent } from '../../cli/cluster/faults';
import { fullName, loadImages } from '../../cli/cluster/images';
import { kubectl } from '../../cli/cluster/kubectl';
import { HOST_LINK, MACHINES, MARK, type MachineName, machineNamed, stateDirectory } from '../../cli/cluster/layout';
import { STORAGE_CLASS } from '../../cli/cluster/manifests';
import { processesIn } from '../../cli/cluster/namespaces';
import { MACHINE_COMPONENTS } from '../../cli/cluster/parts';
import { ensureSetup } from '../../cli/setup/ensure-setup';
import { sandboxImageTags } from '../../images/tags';
import { eventually } from '../support/workspace';

const IMAGE = sandboxImageTags().nginx;
const NAMESPACE = `cluster-test-${randomBytes(3).toString('hex')}`;
const PORT = 8080;
const NODE_PORT = 30_980;
/** Kubernetes waits 40 s for a machine's next sign of life. */
const NOT_READY_SECONDS = 90;
const READY_SECONDS = 120;
const STARTED_SECONDS = 120;

const hadCluster = clusterRuns();

beforeAll(async () => {
  await ensureSetup({ images: [IMAGE] });
  await ensureCluster();
  await loadImages([IMAGE]);
  await kubectl(['create', 'namespace', NAMESPACE]);
  const items = [CONFIGURATION, CLAIM, SERVICE, ...MACHINES.map(({ name }) => server(name))];
  await apply(items);
  await Promise.all(MACHINES.map(({ name }) => started(`server-${name}`)));
}, 1_200_000);

afterAll(async () => {
  if (!hadCluster) await removeCluster();
  else await kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']);
}, 120_000);

test('three machines are Ready, each in a zone of its own', async () => {
  const listed = await kubectl(['get', 'nodes', '-L', 'topology.kubernetes.io/zone', '--no-headers']);
  expect(listed.trim().split('\n')).toEqual(
    [1, 2, 3].map((each) => expect.stringMatching(`^machine-${each} .*zone-${each}$`)),
  );
});

test('a pod reaches those on every machine by the name of their service', async () => {
  for (const { name } of MACHINES) {
    const answers = new Set<string>();
    await eventually(`from ${name}, all three answer`, 30, async () => {
      const answer = ask(name, `http://server.${NAMESPACE}.svc.cluster.local:${PORT}/`);
      // A machine learns of a service a second later than its pods are Ready.
      await answer.then((text) => answers.add(text)).catch(() => undefined);
      return answers.size === MACHINES.length;
    });
  }
});

test('a service of type NodePort answers on the address of every machine', async () => {
  for (const { address } of MACHINES) expect(await answerOf(address)).toMatch(/^server-machine-\d\n$/);
});

test('pods of two machines share a claim, as a user who is not root', async () => {
  await inPod('machine-1', 'sh', '-c', 'echo written there > /shared/file');
  expect(await inPod('machine-3', 'cat', '/shared/file')).toBe('written there\n');
});

test('a NetworkPolicy lets nothing pass from one machine to another but what it allows', async () => {
  const path = ['get', 'pod', 'server-machine-2', '-n', NAMESPACE, '-o', 'jsonpath={.status.podIP}'];
  const url = `http://${await kubectl(path)}:${PORT}/`;
  const answer = () => ask('machine-1', url, 2).catch(() => undefined);
  await apply([policy([])]);
  await eventually('the other pod is not reached, three times in a row', 60, async () => {
    return [await answer(), await answer(), await answer()].every((each) => each === undefined);
  });
  await apply([policy([{ from: [{ podSelector: {} }] }])]);
  await eventually('it is, by pods of its namespace', 60, async () => (await answer()) === 'server-machine-2\n');
  await kubectl(['delete', 'networkpolicy', 'ingress', '-n', NAMESPACE]);
}, 180_000);

test('a machine without power becomes NotReady, the others go on, and it comes back', async () => {
  await powerOff('machine-2');
  await eventually('machine-2 is not Ready', NOT_READY_SECONDS, async () => (await readiness('machine-2')) !== 'True');
  expect(await readiness('machine-1')).toBe('True');
  expect(await answerOf(machineNamed('machine-1').address)).toMatch(/^server-machine-[13]\n$/);
  await powerOn('machine-2');
  await eventually('machine-2 is Ready', READY_SECONDS, async () => (await readiness('machine-2')) === 'True');
  await eventually('its pod serves again', STARTED_SECONDS, () => answersFrom('machine-1', 'machine-2'));
}, 400_000);

test('an isolated machine is NotReady until it is healed; its pods were never stopped', async () => {
  const before = await restarts('machine-3');
  await isolate('machine-3');
  await eventually('machine-3 is not Ready', NOT_READY_SECONDS, async () => (await readiness('machine-3')) !== 'True');
  await heal('machine-3');
  await eventually('machine-3 is Ready', READY_SECONDS, async () => (await readiness('machine-3')) === 'True');
  expect(await restarts('machine-3')).toBe(before);
}, 400_000);

test.each([
  { component: 'etcd' },
  { component: 'kube-apiserver' },
  { component: 'kube-controller-manager' },
  { component: 'kubelet', machine: 'machine-1' },
  { component: 'containerd', machine: 'machine-1' },
  { component: 'kube-proxy', machine: 'machine-1' },
  { component: 'coredns' },
] as const)(
  '$component can be killed: services answer, and it starts again',
  async (victim) => {
    await killComponent(victim);
    expect(await answerOf(machineNamed('machine-1').address)).toMatch(/^server-machine-\d\n$/);
    await startComponent(victim);
    await eventually('all three machines are Ready', READY_SECONDS, async () => {
      const states = await Promise.all(MACHINES.map(({ name }) => readiness(name)));
      return states.every((state) => state === 'True');
    });
    await eventually('names are resolved', READY_SECONDS, () => answersFrom('machine-1', 'machine-3'));
  },
  400_000,
);

test('make cluster leaves what runs alone', async () => {
  const running = () =>
    MACHINES.flatMap(({ name }) => MACHINE_COMPONENTS.flatMap((component) => processesIn(name, component)));
  const before = running();
  await ensureCluster();
  // Who has noticed a changed file ends within a second.
  await new Promise((done) => setTimeout(done, 3_000));
  expect(running()).toEqual(before);
}, 60_000);

test('make cluster starts again what is missing of it', async () => {
  await powerOff('machine-3');
  await killComponent({ component: 'kube-scheduler' });
  await ensureCluster();
  await eventually('the pod of machine-3 serves again', STARTED_SECONDS, () => answersFrom('machine-1', 'machine-3'));
}, 400_000);

const whereNoneRan = hadCluster ? test.skip : test;
whereNoneRan(
  'make cluster-down leaves nothing',
  async () => {
    await removeCluster();
    const traces = {
      places: clusterRuns(),
      links: existsSync(`/sys/class/net/${HOST_LINK}`),
      files: existsSync(stateDirectory()),
      groups: hierarchies(readFileSync('/proc/self/mounts', 'utf8')).filter(({ folder }) =>
        existsSync(join(folder, MARK)),
      ),
      mounts: readFileSync('/proc/self/mounts', 'utf8').includes(stateDirectory()),
    };
    expect(traces).toEqual({ places: false, links: false, files: false, groups: [], mounts: false });
  },
  120_000,
);

const labels = { app: 'server' };
const CONFIGURATION = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'server', namespace: NAMESPACE },
  data: {
    'nginx.conf': `pid /tmp/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi; scgi_temp_path /tmp/scgi;
  server {
    listen ${PORT};
    location / { return 200 "$hostname\\n"; }
  }
}
`,
  },
};
const CLAIM = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'shared', namespace: NAMESPACE },
  spec: {
    accessModes: ['ReadWriteMany'],
    storageClassName: STORAGE_CLASS,
    resources: { requests: { storage: '1Mi' } },
  },
};
const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'server', namespace: NAMESPACE },
  spec: { type: 'NodePort', selector: labels, ports: [{ port: PORT, nodePort: NODE_PORT }] },
};

/** What may reach the pods of the namespace. */
function policy(ingress: readonly object[]): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'ingress', namespace: NAMESPACE },
    spec: { podSelector: {}, policyTypes: ['Ingress'], ingress },
  };
}

/** A server that answers with its name, on one machine; as Kubernetes wants pods to be in a restricted namespace. */
function server(machine: MachineName): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `server-${machine}`, namespace: NAMESPACE, labels },
    spec: {
      nodeSelector: { 'kubernetes.io/hostname': machine },
      terminationGracePeriodSeconds: 1,
      // Stays on its machine, so that its return can be seen.
      tolerations: [{ operator: 'Exists', effect: 'NoExecute' }],
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 802,
        fsGroup: 802,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: 'server',
          image: fullName(IMAGE),
          imagePullPolicy: 'Never',
          command: ['nginx', '-g', 'daemon off;'],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          readinessProbe: { httpGet: { path: '/', port: PORT }, periodSeconds: 1 },
          volumeMounts: [
            { name: 'configuration', mountPath: '/etc/nginx/nginx.conf', subPath: 'nginx.conf' },
            { name: 'shared', mountPath: '/shared' },
          ],
        },
      ],
      volumes: [
        { name: 'configuration', configMap: { name: 'server' } },
        { name: 'shared', persistentVolumeClaim: { claimName: 'shared' } },
      ],
    },
  };
}

async function apply(items: readonly object[]): Promise<void> {
  await kubectl(['apply', '--filename=-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}

async function started(pod: string): Promise<void> {
  await kubectl(['wait', '--for=condition=Ready', `pod/${pod}`, '-n', NAMESPACE, `--timeout=${STARTED_SECONDS}s`]);
}

async function inPod(machine: MachineName, ...command: string[]): Promise<string> {
  return kubectl(['exec', '-n', NAMESPACE, `server-${machine}`, '--', ...command]);
}

/** What a URL answers in the pod of a machine. */
async function ask(machine: MachineName, url: string, seconds = 5): Promise<string> {
  return inPod(machine, 'curl', '--silent', '--show-error', '--fail', '--max-time', `${seconds}`, url);
}

/** Whether the service's name, asked for on one machine, leads to the pod of the other at least once in ten times. */
async function answersFrom(machine: MachineName, other: MachineName): Promise<boolean> {
  for (let time = 0; time < 10; time++) {
    const answer = await ask(machine, `http://server.${NAMESPACE}:${PORT}/`, 1).catch(() => '');
    if (answer === `server-${other}\n`) return true;
  }
  return false;
}

async function answerOf(address: string): Promise<string> {
  const response = await fetch(`http://${address}:${NODE_PORT}/`, {
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(10_000),
  });
  return response.text();
}

/** True, False or Unknown. */
async function readiness(machine: MachineName): Promise<string> {
  const path = '{.status.conditions[?(@.type=="Ready")].status}';
  return kubectl(['get', 'node', machine, '-o', `jsonpath=${path}`]);
}

async function restarts(machine: MachineName): Promise<string> {
  const path = '{.status.containerStatuses[0].restartCount}';
  return kubectl(['get', 'pod', `server-${machine}`, '-n', NAMESPACE, '-o', `jsonpath=${path}`]);
}
