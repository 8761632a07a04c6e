import { SHAPES } from '../support/shapes';
import { type Json, SMALLEST, shippedTopologies, synthesizeToFiles, topology } from '../support/synth';

const OTHERS = {
  mysql: topology(`${SMALLEST}[database]\nengine = "mysql"\n`, 'mysql'),
  mariadb: topology(`${SMALLEST}[database]\nengine = "mariadb"\n`, 'mariadb'),
  published: topology(`${SMALLEST}bind_address = "10.1.2.3"\nhttp_port = 8080\nhttps_port = 8443\n`, 'published'),
};

interface ContainerCase {
  readonly title: string;
  readonly address: string;
  readonly container: Json;
  readonly bindAddress: string;
  /** Whether a job runs with each new one, and waits for it by itself. */
  readonly awaited: boolean;
}

const CONTAINERS: ContainerCase[] = [
  ...Object.entries({ ...SHAPES, ...OTHERS }),
  ...shippedTopologies().map((each) => [each.environment, each] as const),
].flatMap(([shape, derived]) =>
  synthesizeToFiles([derived]).stacks.flatMap(({ name, resources }) =>
    resources
      .filter(({ type }) => type === 'docker_container')
      .map(({ address, config }) => ({
        title: `${shape}: ${name} ${address}`,
        address,
        container: config,
        bindAddress: derived.loadBalancer.bindAddress,
        awaited: resources.some(
          (job) =>
            job.config.lifecycle?.replace_triggered_by?.includes(address) &&
            job.config.env?.includes(`WAIT_SECONDS=${config.wait_timeout}`),
        ),
      })),
  ),
);
const LONG_RUNNING = CONTAINERS.filter(({ container }) => container.restart !== 'no');
const JOBS = CONTAINERS.filter(({ container }) => container.restart === 'no');

test('there are long-running containers and jobs to look at', () => {
  expect(new Set(LONG_RUNNING.map(({ awaited }) => awaited))).toEqual(new Set([true, false]));
  expect(LONG_RUNNING.length).toBeGreaterThan(20);
  expect(JOBS.length).toBeGreaterThan(15);
});

describe.each(CONTAINERS)('$title', ({ container }) => {
  test('drops every capability; only jobs that hand files to their readers get some back', () => {
    expect(container.capabilities.drop).toEqual(['ALL']);
    const added: string[] = container.capabilities.add ?? [];
    const allowed = container.restart === 'no' ? ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER'] : [];
    expect(added.filter((capability) => !allowed.includes(capability))).toEqual([]);
  });

  test('cannot gain a privilege', () => {
    expect(container.security_opts).toContain('no-new-privileges:true');
    expect(container.privileged ?? false).toBe(false);
    expect(container.devices ?? []).toEqual([]);
    expect(container.pid_mode ?? '').toBe('');
    expect(container.ipc_mode ?? '').toBe('');
    expect(container.userns_mode ?? '').toBe('');
    expect(container.network_mode ?? 'none').toBe('none');
  });

  test('has a log that ends', () => {
    expect(container.log_driver).toBe('json-file');
    expect(container.log_opts['max-size']).toMatch(/^\d+m$/);
    expect(Number(container.log_opts['max-file'])).toBeGreaterThan(0);
  });

  test('mounts nothing of any machine: only named volumes and memory', () => {
    for (const volume of container.volumes ?? []) {
      expect(volume.host_path).toBeUndefined();
      expect(volume.from_container).toBeUndefined();
      expect(volume.volume_name).toMatch(/^[a-z$]/);
      expect(volume.container_path).not.toContain('docker.sock');
    }
    for (const mount of container.mounts ?? []) expect(mount.type).toBe('tmpfs');
    for (const upload of container.upload ?? []) {
      expect(upload.source).toBeUndefined();
      expect(upload.content).toEqual(expect.any(String));
    }
    expect(JSON.stringify(container)).not.toContain('docker.sock');
  });

  test('is attached to the environment’s network alone, or to none', () => {
    if (container.network_mode === 'none') expect(container.networks_advanced).toBeUndefined();
    else expect(container.networks_advanced).toHaveLength(1);
  });

  test('carries the environment’s label', () => {
    expect(container.labels.map(({ label }: Json) => label)).toEqual(
      expect.arrayContaining(['wso2-is-active-active.environment', 'wso2-is-active-active.component']),
    );
  });
});

const BALANCERS = CONTAINERS.filter(({ address }) => address === 'docker_container.load-balancer');

test.each(CONTAINERS.filter((each) => !BALANCERS.includes(each)))('$title publishes no port', ({ container }) => {
  expect(container.ports ?? []).toEqual([]);
});

test.each(CONTAINERS.filter(({ container }) => container.read_only))(
  '$title, whose root file system is read-only, gets no file, which the engine would refuse',
  ({ container }) => {
    expect(container.upload ?? []).toEqual([]);
  },
);

describe.each(LONG_RUNNING)('long-running $title', ({ container, awaited }) => {
  test('has a memory limit, and no swap beyond it', () => {
    expect(container.memory).toBeGreaterThan(0);
    expect(container.memory_swap).toBe(container.memory);
  });

  test('does not run as root', () => {
    expect(container.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  test('is waited for, comes back by itself, and has time to stop', () => {
    expect(container.healthcheck.test[0]).toBe('CMD');
    expect(container.healthcheck.retries).toBeGreaterThan(0);
    expect(container).toMatchObject({ wait: !awaited, must_run: true, restart: 'unless-stopped' });
    expect(container.wait_timeout).toBeGreaterThanOrEqual(60);
    expect(container.destroy_grace_seconds).toBeGreaterThanOrEqual(30);
    expect(container.destroy_grace_seconds).toBeGreaterThanOrEqual(container.stop_timeout);
  });

  test('has a fixed address', () => {
    expect(container.networks_advanced[0].ipv4_address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  });
});

describe.each(JOBS)('job $title', ({ container }) => {
  test('is waited for, leaves its log, and fails the apply unless it ends with 0', () => {
    expect(container).toMatchObject({ attach: true, logs: true, must_run: false });
    const [postcondition] = container.lifecycle.postcondition;
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a Terraform expression
    expect(postcondition.condition).toBe('${self.exit_code == 0}');
    expect(postcondition.error_message).toContain(`docker logs ${container.name}`);
  });

  test('has no fixed address, which a long-running container might need', () => {
    for (const network of container.networks_advanced ?? []) expect(network.ipv4_address).toBeUndefined();
  });
});

describe.each(BALANCERS)('ports of $title', ({ container, bindAddress }) => {
  test('are two, the same inside as outside, on the configured address alone', () => {
    expect(container.ports).toHaveLength(2);
    for (const port of container.ports) {
      expect(port.ip).toBe(bindAddress);
      expect(port.external).toBe(port.internal);
      expect(port.protocol ?? 'tcp').toBe('tcp');
    }
  });

  test('do not include the control port', () => {
    expect(container.ports.map(({ internal }: Json) => internal)).not.toContain(9080);
  });
});

test('a job runs again when what it fills is recreated', () => {
  const triggers = Object.fromEntries(
    CONTAINERS.filter(({ title }) => title.startsWith('sandbox: bank-')).map(({ address, container }) => [
      address,
      container.lifecycle?.replace_triggered_by ?? [],
    ]),
  );
  expect(triggers['docker_container.keystore-secrets-job']).toEqual(
    expect.arrayContaining([
      'docker_volume.keystore-database-secrets',
      'docker_volume.keystore-identity-server-secrets',
    ]),
  );
  expect(triggers['docker_container.keystore-keystores-job']).toEqual(
    expect.arrayContaining(['docker_container.keystore-secrets-job', 'docker_volume.keystore-keystores']),
  );
  expect(triggers['docker_container.schema']).toContain('docker_container.database');
});

test('images stay when the environment goes: they are not its data', () => {
  for (const { resources } of synthesizeToFiles([topology()]).stacks) {
    for (const { config } of resources.filter(({ type }) => type === 'docker_image')) {
      expect(config.keep_locally).toBe(true);
    }
  }
});
