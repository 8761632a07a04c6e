import { spawnSync } from 'node:child_process';
import { hierarchies } from '../../cli/cluster/cgroups';
import { ensureCluster, removeCluster } from '../../cli/cluster/cluster';
import { argumentsOf, CONTROL_PLANE, certificateSubjects, kubeconfig } from '../../cli/cluster/control-plane-files';
import { fullName, has, imagesElsewhere } from '../../cli/cluster/images';
import {
  ADDRESSES,
  files,
  MACHINES,
  machineNamed,
  NETWORKS,
  overlapping,
  routesToPods,
} from '../../cli/cluster/layout';
import {
  containerdToml,
  hostNetwork,
  kubeletConfiguration,
  kubeProxyConfiguration,
  machineNetwork,
  machineScript,
  networkPlugins,
  PAUSE_IMAGE,
  quoted,
} from '../../cli/cluster/machine-files';
import { MANIFESTS } from '../../cli/cluster/manifests';
import { overlap, parseCidr } from '../../environment/addresses';
import { failureOf } from '../support/machine';
import { PROJECT } from '../support/synth';

const machine = machineNamed('machine-2');

describe('addresses', () => {
  const all = MACHINES.flatMap(({ address, gateway, podNetwork }) => [address, gateway, podNetwork]);

  test('each machine has an address, a gateway and a network of pods that no other has', () => {
    const addresses = [...all, ...Object.values(ADDRESSES)];
    expect([...new Set(addresses)]).toEqual(addresses);
  });

  test('each is in the network of its kind', () => {
    const isIn = (network: string, address: string) => overlap(parseCidr(network), parseCidr(`${address}/32`));
    for (const { address, gateway, podNetwork } of MACHINES) {
      expect([isIn(NETWORKS.machines, address), isIn(podNetwork, gateway), isIn(NETWORKS.pods, gateway)]).toEqual([
        true,
        true,
        true,
      ]);
    }
    expect(isIn(NETWORKS.services, ADDRESSES.dnsService)).toBe(true);
  });

  test('a machine reaches the pods of all others by their addresses, this machine those of all', () => {
    expect(routesToPods('machine-2')).toEqual([
      { network: '10.231.1.0/24', via: '10.230.0.11' },
      { network: '10.231.3.0/24', via: '10.230.0.13' },
    ]);
    expect(routesToPods()).toHaveLength(3);
    expect(machineNetwork(machine, routesToPods('machine-2'))).toMatchInlineSnapshot(`
      "address add 10.230.0.12/24 dev eth0
      link set eth0 up
      route add 10.232.0.0/16 dev eth0 src 10.230.0.12
      route add 10.231.1.0/24 via 10.230.0.11
      route add 10.231.3.0/24 via 10.230.0.13
      "
    `);
    expect(hostNetwork(routesToPods())).toMatchInlineSnapshot(`
      "address add 10.230.0.1/24 dev wso2kube0
      link set wso2kube0 up
      route add 10.231.1.0/24 via 10.230.0.11
      route add 10.231.2.0/24 via 10.230.0.12
      route add 10.231.3.0/24 via 10.230.0.13
      "
    `);
  });

  test('networks that this machine reaches elsewhere are found, its own link to the cluster is not', () => {
    const routes = `default via 192.0.2.1 dev eth0
10.0.0.0/8 via 192.0.2.7 dev eth0
10.231.0.0/16 dev vpn0
10.229.255.0/24 dev vpn1
10.230.0.0/24 dev wso2kube0 proto kernel scope link src 10.230.0.1
10.232.7.9 dev vpn2
172.17.0.0/16 dev docker0
`;
    expect(overlapping(routes)).toEqual(['10.0.0.0/8', '10.231.0.0/16', '10.232.7.9']);
  });
});

describe('what a machine is told', () => {
  test('to keep mounts, /run and name to itself', () => {
    const script = machineScript(machine);
    expect(script).toContain(`mount --bind ${quoted(files.machine('machine-2', 'lib'))} /var/lib`);
    expect(script).toContain('hostname machine-2');
    expect(quoted("it's")).toBe(`'it'\\''s'`);
  });

  test('containerd: its own folders, the plugins that were built, the pause image', () => {
    const text = containerdToml(machine, '/programs');
    expect(text).toContain('bin_dir = "/programs"');
    expect(text).toContain(`conf_dir = "${files.machine('machine-2', 'cni')}"`);
    expect(text).toContain(`sandbox_image = "${PAUSE_IMAGE}"`);
  });

  test('pods: addresses of its own network', () => {
    expect(JSON.stringify(networkPlugins(machine))).toContain(
      '"ranges":[[{"subnet":"10.231.2.0/24","gateway":"10.231.2.1"}]]',
    );
  });

  test('kubelet: promises its part of the memory alone', () => {
    const configuration = kubeletConfiguration(machine, {
      memoryMiB: 12_000,
      sharedBy: 3,
    });
    expect(configuration).toMatchObject({
      address: '10.230.0.12',
      cgroupRoot: '/wso2-kube/machine-2',
      clusterDNS: ['10.232.0.10'],
      systemReserved: { memory: '8000Mi' },
      authentication: { anonymous: { enabled: false } },
    });
  });

  test('kube-proxy: leaves the connection table of this machine as it is', () => {
    expect(kubeProxyConfiguration(machine)).toMatchObject({
      hostnameOverride: 'machine-2',
      conntrack: { maxPerCore: 0, min: 0 },
    });
  });
});

describe('control plane', () => {
  test('every certificate that a component is started with is made', () => {
    const made = [...Object.keys(certificateSubjects(MACHINES)), 'ca', 'service-accounts'];
    const components = Object.keys(CONTROL_PLANE) as (keyof typeof CONTROL_PLANE)[];
    const used = components
      .flatMap(argumentsOf)
      .flatMap((argument) => /pki\/(.*)\.(crt|key)$/.exec(argument)?.[1] ?? []);
    expect(used.length).toBeGreaterThan(12);
    expect(used.filter((name) => !made.includes(name))).toEqual([]);
  });

  test('the API server is known by the names and addresses by which it is called', () => {
    expect(certificateSubjects(MACHINES)['kube-apiserver']?.names).toEqual(
      expect.arrayContaining(['DNS:kubernetes.default.svc', 'IP:10.232.0.1', 'IP:10.230.0.2']),
    );
  });

  test('a kubelet may act for its own machine', () => {
    expect(certificateSubjects(MACHINES)['kubelet-machine-3']).toEqual({
      commonName: 'system:node:machine-3',
      organization: 'system:nodes',
      names: ['DNS:machine-3', 'IP:10.230.0.13'],
    });
  });

  test('a kubeconfig has the contents of the files, so it can be copied', () => {
    const pem = { authority: 'A', certificate: 'C', key: 'K' };
    expect(kubeconfig('https://192.0.2.1:6443', 'admin', pem)).toMatchObject({
      'current-context': 'wso2-kube',
      clusters: [
        {
          cluster: {
            server: 'https://192.0.2.1:6443',
            'certificate-authority-data': 'QQ==',
          },
        },
      ],
      users: [
        {
          user: {
            'client-certificate-data': 'Qw==',
            'client-key-data': 'Sw==',
          },
        },
      ],
    });
  });

  test('names are resolved at the address that pods are told', () => {
    const service = MANIFESTS.find((manifest) => 'kind' in manifest && manifest.kind === 'Service');
    expect(service).toMatchObject({
      spec: { clusterIP: ADDRESSES.dnsService },
    });
  });
});

test('control groups: both kinds of hierarchies are found where they are mounted', () => {
  const mounts = `tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
/dev/vda / ext4 rw 0 0
`;
  expect(hierarchies(mounts)).toEqual([
    { folder: '/sys/fs/cgroup/cpu', unified: false },
    { folder: '/sys/fs/cgroup/unified', unified: true },
  ]);
});

describe('images', () => {
  test.each([
    ['nginx', 'docker.io/library/nginx'],
    ['wso2/wso2is:7.1.0', 'docker.io/wso2/wso2is:7.1.0'],
    ['registry.bank.test/wso2is:7.1.0', 'registry.bank.test/wso2is:7.1.0'],
    ['localhost/x:1', 'localhost/x:1'],
    ['bank:5000/x:1', 'bank:5000/x:1'],
  ])('%s is %s for Kubernetes', (tag, name) => {
    expect(fullName(tag)).toBe(name);
  });

  test('an image is there only with the content that the engine has', () => {
    const listed = `REF TYPE DIGEST SIZE PLATFORMS LABELS
docker.io/a/b:1 application/x sha256:1 10.0 MiB linux/amd64 wso2-kube/id=sha256:aa
`;
    expect(has(listed, 'docker.io/a/b:1', 'sha256:aa')).toBe(true);
    expect(has(listed, 'docker.io/a/b:1', 'sha256:bb')).toBe(false);
    expect(has(listed, 'docker.io/a/b', 'sha256:aa')).toBe(false);
  });
});

describe('the command', () => {
  test('without root begins nothing, and says what else can be done', async () => {
    const uid = jest.spyOn(process, 'getuid').mockReturnValue(1000);
    const messages = await Promise.all([ensureCluster(), removeCluster()].map(failureOf));
    uid.mockRestore();
    for (const { message } of messages) {
      expect(message).toMatch(
        /^the test cluster needs Linux and root.* without root\. With a cluster of your own.* set KUBECONFIG\.$/,
      );
    }
  });

  test('with a cluster of your own starts none', () => {
    const env = { ...process.env, KUBECONFIG: '/home/me/bank.yaml' };
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'cli/cluster.ts'], {
      cwd: PROJECT,
      env,
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: '',
      stderr:
        'KUBECONFIG is set: the cluster of /home/me/bank.yaml is used, and none is started here. Unset it to have one started.\n',
    });
  });
});

test('images for a cluster that was not started here are named, with the command of each kind of cluster', () => {
  const text = imagesElsewhere(['bank/server:1', 'bank/nginx:2'], 'kind-bank');
  expect(text).toContain('The context kind-bank is not of the cluster');
  for (const command of ['kind load docker-image', 'minikube image load', 'docker save']) {
    expect(text).toContain(`${command} bank/server:1 bank/nginx:2`);
  }
});
