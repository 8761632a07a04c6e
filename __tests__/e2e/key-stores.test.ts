import { fileOfFirstRelease } from '../support/first-release';
import { type RotationStep, type SigningEntry, signingEntries, tokensThatFail } from '../support/jwks';
import { KeystoresJob, type KeystoresSettings } from '../support/keystores-job';

// The real job with the real keytool, on folders of one container: what it makes, keeps, and refuses.
const job = new KeystoresJob('key-stores');
const SECONDS_A_DAY = 86_400;

jest.setTimeout(400_000);

beforeAll(() => job.start(), 600_000);

afterAll(() => job.remove());

describe('what signs stays byte for byte', () => {
  let before: SigningEntry[];

  beforeAll(async () => {
    await job.begin();
    await job.run({});
    before = await published();
  });

  test.each([
    ['issued again', { revision: 2 }],
    ['more nodes', { revision: 2, nodes: 3 }],
    ['another host name', { revision: 2, nodes: 3, hostname: 'login.bank.example' }],
  ] satisfies [string, KeystoresSettings][])('with %s', async (_, settings) => {
    const tls = await certificate('tls.crt');
    await job.run(settings);
    expect((await published()).map(({ certificate: pem }) => pem)).toEqual(before.map(({ certificate: pem }) => pem));
    expect(await certificate('tls.crt')).not.toBe(tls);
  });

  test('the certificate of TLS has the public names of today and before, and localhost', async () => {
    const names = await inContainer('openssl x509 -in /keystores/tls.crt -noout -ext subjectAltName');
    expect(names.match(/DNS:[^,\s]+/g)?.map((name) => name.slice(4))).toEqual([
      'login.bank.example',
      'localhost',
      'bank-node-1',
      'bank-node-2',
      'bank-node-3',
      'is.bank.example',
    ]);
  });

  test('lasts for many years, and TLS for a year at most', async () => {
    for (const file of ['/keystores/tls.crt', '/load-balancer-certificates/is.bank.example.crt']) {
      expect(await daysLeft(file)).toBeGreaterThan(364);
      expect(await daysLeft(file)).toBeLessThanOrEqual(366);
    }
    expect(await daysLeft('/keystores/signing-1.crt')).toBeGreaterThan(3650);
  });

  test('a certificate of TLS in its last 30 days is issued again with the same key, and no other', async () => {
    const settings = { revision: 2, nodes: 3, hostname: 'login.bank.example' };
    await job.run(settings);
    const [tls, key] = [await certificate('tls.crt'), await inContainer('cat /certificate-authority/node-tls.key')];
    await inContainer(
      'cd /certificate-authority; openssl x509 -in node-tls.crt -CA ca.crt -CAkey ca.key -days 29 -out short.crt && mv short.crt node-tls.crt',
    );
    await job.run(settings);
    expect(await certificate('tls.crt')).not.toBe(tls);
    expect(await daysLeft('/keystores/tls.crt')).toBeGreaterThan(364);
    expect(await inContainer('cat /certificate-authority/node-tls.key')).toBe(key);
    expect((await published()).map(({ certificate: pem }) => pem)).toEqual(before.map(({ certificate: pem }) => pem));
  });
});

describe('a file that somebody has changed', () => {
  test('is issued again where that can be done, and otherwise no new key takes its place', async () => {
    await job.begin();
    await job.run({});
    const [before] = await published();
    const authority = await inContainer('cat /certificate-authority/ca.crt');
    await inContainer(
      'echo x >/certificate-authority/node-tls.key; rm /load-balancer-certificates/is.bank.example.key',
    );
    await job.run({});
    for (const [key, pem] of [
      ['/certificate-authority/node-tls.key', '/keystores/tls.crt'],
      ['/load-balancer-certificates/is.bank.example.key', '/load-balancer-certificates/is.bank.example.crt'],
    ]) {
      const keys = await inContainer(`openssl pkey -in ${key} -pubout; openssl x509 -in ${pem} -noout -pubkey`);
      const [one, other] = keys.split(/(?<=END PUBLIC KEY-----)\n/);
      expect(one).toBe(other);
      expect(await inContainer(`openssl verify -CAfile /certificate-authority/ca.crt ${pem}`)).toContain('OK');
    }

    for (const file of ['ca.crt', 'server.key', 'internal.key']) {
      await inContainer(`cd /certificate-authority; mv ${file} /tmp/kept`);
      await expect(job.run({})).rejects.toThrow(
        `${file} in the volume bank-certificate-authority was changed or removed`,
      );
      await inContainer(`cd /certificate-authority; [ ! -e ${file} ] && mv /tmp/kept ${file}`);
    }
    await job.run({});
    expect((await published())[0]).toEqual(before);
    expect(await inContainer('cat /certificate-authority/ca.crt')).toBe(authority);
  });

  test('is taken from what Nginx reads where the certificate was supplied', async () => {
    await inContainer(
      'cd /load-balancer-certificates; cp is.bank.example.key LOAD_BALANCER_PRIVATE_KEY; cp is.bank.example.crt LOAD_BALANCER_CERTIFICATE',
    );
    await job.run({ certificate: 'supplied' });
    const [chain, key] = ['LOAD_BALANCER_CERTIFICATE', 'LOAD_BALANCER_PRIVATE_KEY'];
    await inContainer(`cd /load-balancer-certificates; echo x >${chain}; rm ${key}`);
    await job.run({ certificate: 'supplied' });
    await inContainer(`cd /load-balancer-certificates; cmp tls.key ${key} && cmp tls.crt ${chain}`);
    await inContainer(`cd /load-balancer-certificates; rm tls.key ${key}`);
    await expect(job.run({ certificate: 'supplied' })).rejects.toThrow(`Supply it again: make import-secret`);
    // Without the key that is not to be used for it, a certificate of our own is issued all the same.
    await job.run({});
    expect(
      await inContainer(
        'cd /load-balancer-certificates; openssl x509 -in is.bank.example.crt -noout -checkhost is.bank.example',
      ),
    ).toContain('does match');
  });
});

describe('an environment of the first release', () => {
  test('keeps its key and certificate for signatures and stored data, also with another host name at once', async () => {
    await job.begin();
    await job.run({}, await fileOfFirstRelease('runtime/jobs/create-keystores.sh'));
    const [before] = await published();
    await job.run({ hostname: 'login.bank.example', nodes: 3, revision: 2 });
    const [after, ...others] = await published();
    expect(others).toEqual([]);
    expect({ ...after, key: undefined }).toEqual({ ...before, key: undefined });
    expect(after?.alias).toBe('wso2carbon');
    expect((await entriesOf('internal.p12')).map(({ certificate: pem }) => pem)).toEqual([before?.certificate]);
    // The load balancer of before asks for its name.
    const host = await inContainer('openssl x509 -in /keystores/tls.crt -noout -checkhost is.bank.example');
    expect(host).toContain('does match');
    expect(await inContainer('cat /keystores/tls.crt')).not.toBe(before?.certificate.trim());
  });
});

describe('the signing key is rotated', () => {
  const STEPS = [[1], [1, 2], [2, 1], [2]] as const;
  /** What the primary keystore holds after each step, and which alias signs. */
  const steps: RotationStep[] = [];

  beforeAll(async () => {
    await job.begin();
    for (const signingKeys of STEPS) {
      await job.run({ signingKeys });
      steps.push({ entries: await published(), alias: signingKeys[0] === 1 ? 'wso2carbon' : 'wso2carbon-2' });
    }
  }, 900_000);

  test('in three steps, in which no entry ever changes', () => {
    const aliases = steps.map(({ entries }) => entries.map(({ alias }) => alias).sort());
    expect(aliases).toEqual([
      ['wso2carbon'],
      ['wso2carbon', 'wso2carbon-2'],
      ['wso2carbon', 'wso2carbon-2'],
      ['wso2carbon-2'],
    ]);
    for (const alias of ['wso2carbon', 'wso2carbon-2']) {
      const certificates = steps.flatMap(({ entries }) => entries.filter((entry) => entry.alias === alias));
      expect(new Set(certificates.map(({ certificate: pem }) => pem)).size).toBe(1);
    }
  });

  test('and a verifier that caches for 5 minutes and asks any node never fails', () => {
    const failures = tokensThatFail(steps, { cacheSeconds: 300, secondsBetweenSteps: 900, tokenSeconds: 600 });
    expect(failures).toEqual([]);
  });

  test('which it would, were a step left out', () => {
    const [first, , , last] = steps;
    const hasty = [first, last].filter((step) => step !== undefined);
    expect(tokensThatFail(hasty, { cacheSeconds: 300, secondsBetweenSteps: 900, tokenSeconds: 600 })).not.toEqual([]);
  });

  test('what encrypts stored data is none of them', async () => {
    const [internal] = await entriesOf('internal.p12');
    expect(internal?.alias).toBe('wso2carbon');
    expect(steps.flatMap(({ entries }) => entries.map(({ certificate: pem }) => pem))).not.toContain(
      internal?.certificate,
    );
  });

  test('back in the list, a key is the one that it was', async () => {
    await job.run({ signingKeys: [2, 1] });
    expect((await published()).find(({ alias }) => alias === 'wso2carbon')?.certificate).toBe(
      steps[0]?.entries[0]?.certificate,
    );
  });

  test.each([
    [[3, 2], 'key 3 cannot sign before the nodes publish it'],
    [[1], 'key 2 still signs and cannot go'],
  ])('a step that nodes could not follow is refused: %j', async (signingKeys, message) => {
    const sums = await inContainer('cat /keystores/checksums');
    await expect(job.run({ signingKeys })).rejects.toThrow(message);
    expect(await inContainer('cat /keystores/checksums')).toBe(sums);
  });

  test('the number of a destroyed key is not used again', async () => {
    await job.run({ signingKeys: [2] });
    await inContainer('rm /certificate-authority/server.key');
    await expect(job.run({ signingKeys: [2, 1] })).rejects.toThrow('signing key 1 was destroyed');
  });
});

test('keys that were lost are not replaced by others while there are stores that were made with them', async () => {
  await job.begin();
  await job.run({});
  const sums = await inContainer('cat /keystores/checksums');
  await inContainer('rm -r /certificate-authority/*');
  await expect(job.run({})).rejects.toThrow(
    'the volume bank-certificate-authority is empty, and what runs was made with the keys that were in it',
  );
  expect(await inContainer('cat /keystores/checksums; ls /certificate-authority')).toBe(sums);
});

async function inContainer(script: string): Promise<string> {
  return job.sh(script);
}

async function certificate(file: string): Promise<string> {
  return inContainer(`cat /keystores/${file}`);
}

async function daysLeft(file: string): Promise<number> {
  const end = await inContainer(`openssl x509 -in ${file} -noout -enddate`);
  return (Date.parse(end.replace('notAfter=', '')) - Date.now()) / 1000 / SECONDS_A_DAY;
}

async function entriesOf(store: string): Promise<SigningEntry[]> {
  const password = 'file:/identity-server-secrets/KEYSTORE_PASSWORD';
  const pem = await inContainer(`openssl pkcs12 -in /keystores/${store} -nodes -passin ${password}`);
  const entries = signingEntries(`${pem}\n`);
  expect(entries).not.toEqual([]);
  return entries;
}

/** What a node with today's store publishes. */
async function published(): Promise<SigningEntry[]> {
  return entriesOf('wso2carbon.p12');
}
