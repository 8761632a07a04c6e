import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileOfFirstRelease } from '../support/first-release';
import { KeystoresJob } from '../support/keystores-job';
import { PROJECT } from '../support/synth';

// What the environment's own authority can vouch for, asked of those who check certificates: OpenSSL, curl and Java.
const job = new KeystoresJob('certificate-authority');
const [CA, WORK] = ['/certificate-authority/ca.crt', '/tmp/work'];
const NODE = '/certificate-authority/node-tls.crt';
const BALANCER = balancerOf('is.bank.example');

jest.setTimeout(400_000);

beforeAll(async () => {
  await job.start();
  await job.sh(`mkdir ${WORK}`);
  const source = readFileSync(join(PROJECT, '__tests__/support/certification-path/Verify.java'), 'utf8');
  await job.write(`${WORK}/Verify.java`, source);
}, 600_000);

afterAll(() => job.remove());

describe('whoever gets the key of the authority', () => {
  /** What he issues with it, by name; the subject and the extensions. */
  const FOREIGN: Readonly<Record<string, readonly [subject: string, ...extensions: string[]]>> = {
    'of the domain above': ['/CN=bank.example', 'subjectAltName=DNS:bank.example'],
    'of a neighbour': ['/CN=www.bank.example', 'subjectAltName=DNS:www.bank.example'],
    'of any neighbour': ['/CN=x', 'subjectAltName=DNS:*.bank.example'],
    'of the world': ['/CN=example.com', 'subjectAltName=DNS:example.com'],
    'of this name and another': ['/CN=is.bank.example', 'subjectAltName=DNS:is.bank.example,DNS:www.bank.example'],
    'that begins alike': ['/CN=evil-is.bank.example', 'subjectAltName=DNS:evil-is.bank.example'],
    'of an address': ['/CN=x', 'subjectAltName=IP:192.0.2.1'],
    'of an address, version 6': ['/CN=x', 'subjectAltName=IP:2001:db8::1'],
    'in its subject alone': ['/CN=www.bank.example', 'basicConstraints=CA:FALSE'],
  };
  const FILES = Object.keys(FOREIGN).map((name) => `${WORK}/${name.replaceAll(/\W+/g, '-')}.crt`);

  beforeAll(async () => {
    await job.begin();
    await job.run({});
    for (const [index, [subject, ...extensions]] of Object.values(FOREIGN).entries()) {
      await issue(FILES[index] as string, subject, extensions);
    }
    await issue(`${WORK}/below.crt`, '/CN=an authority below', [
      'basicConstraints=critical,CA:TRUE',
      'keyUsage=critical,keyCertSign',
    ]);
    await issue(`${WORK}/of-below.crt`, '/CN=is.bank.example', ['subjectAltName=DNS:is.bank.example'], `${WORK}/below`);
    // Another authority that vouches for ours, as a company does for those of its departments.
    await job.sh(`cd ${WORK} && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout above.key -out above.crt -subj '/CN=above' 2>&1
      openssl x509 -in ${CA} -CA above.crt -CAkey above.key -out ours-below.crt 2>&1`);
  });

  test('issues what OpenSSL accepts for this environment’s names alone, and no authority below', async () => {
    expect(await accepted(BALANCER, 'is.bank.example')).toBe('accepted');
    for (const name of ['is.bank.example', 'localhost', 'bank-node-1', 'bank-node-2']) {
      expect([name, await accepted(NODE, name)]).toEqual([name, 'accepted']);
    }
    const refused: string[] = [];
    for (const file of FILES) refused.push(await accepted(file));
    expect(refused).toEqual([
      ...Array(6).fill('permitted subtree violation'),
      ...Array(2).fill('excluded subtree violation'),
      'permitted subtree violation',
    ]);
    const below = `-untrusted ${WORK}/below.crt ${WORK}/of-below.crt`;
    expect(await accepted(below)).toBe('path length constraint exceeded');
  });

  test('and curl', async () => {
    const own = await asked(BALANCER, BALANCER.replace('.crt', '.key'), 'is.bank.example');
    const node = await asked(NODE, '/certificate-authority/node-tls.key', 'localhost');
    const foreign = await asked(FILES[1] as string, `${WORK}/issued.key`, 'www.bank.example');
    expect([own, node]).toEqual(['200', '200']);
    expect(foreign).toMatch(/SSL certificate.*permitted subtree violation/);
  });

  test('and Java, where the authority stands below another; what it trusts directly it lets issue for anybody', async () => {
    const under = (files: readonly string[]) => files.map((file) => `${WORK}/above.crt,${WORK}/ours-below.crt,${file}`);
    const verdicts = await java([
      ...under([BALANCER, NODE]),
      ...under(FILES),
      `${WORK}/above.crt,${WORK}/ours-below.crt,${WORK}/below.crt,${WORK}/of-below.crt`,
    ]);
    expect(verdicts).toEqual([
      'accepted',
      'accepted',
      ...FILES.map(() => 'refused: INVALID_NAME'),
      'refused: PATH_TOO_LONG',
    ]);
    expect(await java([BALANCER, NODE, FILES[1] as string].map((file) => `${CA},${file}`))).toEqual(
      Array(3).fill('accepted'),
    );
  });
});

describe('a change of names', () => {
  const first = `${WORK}/first.crt`;

  beforeAll(async () => {
    await job.begin();
    await job.run({});
    await job.sh(`cp ${CA} ${first}; cp ${BALANCER} ${WORK}/first-balancer.crt; cp ${NODE} ${WORK}/first-node.crt`);
  });

  test('to one below those that are permitted leaves the authority as it is', async () => {
    await job.run({ hostname: 'new.is.bank.example' });
    await job.sh(`cmp ${CA} ${first}`);
    expect(await accepted(balancerOf('new.is.bank.example'), 'new.is.bank.example')).toBe('accepted');
    expect(await accepted(NODE, 'is.bank.example')).toBe('accepted');
    await job.run({});
    await job.sh(`cmp ${CA} ${first}`);
  });

  test('to more nodes asks nobody who trusts the authority for anything', async () => {
    await job.run({ nodes: 3 });
    expect(await accepted(NODE, 'bank-node-3')).toBe('accepted');
    expect(await accepted(BALANCER, 'is.bank.example', first)).toBe('accepted');
  });

  test('to another host name makes nothing invalid that was issued before, and the key stays', async () => {
    await job.run({ nodes: 3, hostname: 'login.bank.example' });
    const login = balancerOf('login.bank.example');
    expect(await accepted(login, 'login.bank.example')).toBe('accepted');
    // The one before is served until the load balancer has its new configuration, as its clients know it; nodes roll one by one.
    await job.sh(`cmp ${BALANCER} ${WORK}/first-balancer.crt`);
    expect(await accepted(BALANCER, 'is.bank.example', first)).toBe('accepted');
    for (const file of [BALANCER, NODE, `${WORK}/first-node.crt`]) {
      expect([file, await accepted(file, 'is.bank.example')]).toEqual([file, 'accepted']);
    }
    // Nodes that run have the authority of before in their truststore, and may get today's in the chain.
    expect(await java([`${first},${CA},${login}`, `${first},${login}`])).toEqual(['accepted', 'accepted']);
    // Whoever checks constraints needs the new one, as the plan says.
    expect(await accepted(login, 'login.bank.example', first)).toBe('permitted subtree violation');
    const keys = await job.sh(
      `for file in ${CA} ${first}; do openssl x509 -in $file -noout -pubkey -subject | sha256sum; done`,
    );
    const [one, other] = keys.split('\n');
    expect(one).toBe(other);
    // What the volume holds is as the job has listed it.
    expect(await job.sh('cd /certificate-authority && sha256sum -c checksums')).toContain('./ca.crt: OK');
    await job.run({ nodes: 2, hostname: 'is.bank.example' });
    expect(await accepted(BALANCER, 'is.bank.example')).toBe('accepted');
    expect(await accepted(NODE, 'login.bank.example')).toBe('accepted');
  });

  test('after an older authority was restored still permits the name before', async () => {
    await job.run({ hostname: 'login.bank.example' });
    await job.sh(
      `cp ${first} ${CA}; cd /certificate-authority; sed -i /ca.crt/d checksums; sha256sum ./ca.crt >>checksums`,
    );
    await job.run({ hostname: 'third.bank.example' });
    for (const name of ['third.bank.example', 'login.bank.example']) {
      expect([name, await accepted(NODE, name), await accepted(balancerOf(name), name)]).toEqual([
        name,
        'accepted',
        'accepted',
      ]);
    }
  });
});

describe('an authority of the first release', () => {
  const first = `${WORK}/first.crt`;

  test('stays byte for byte, also with other names, until the revision is raised; then its key stays, and what it has issued', async () => {
    await job.begin();
    await job.run({}, await fileOfFirstRelease('runtime/jobs/create-keystores.sh'));
    await job.sh(`cp ${CA} ${first}; cp /certificate-authority/server.crt ${WORK}/first-node.crt`);
    await job.run({});
    await job.run({ hostname: 'login.bank.example', nodes: 3 });
    await job.sh(`cmp ${CA} ${first}; cp ${NODE} ${WORK}/second-node.crt`);
    await job.run({ hostname: 'login.bank.example', nodes: 3, revision: 2 });
    expect(await constraintsOf(CA)).toEqual([
      ...['bank-node-1', 'bank-node-2', 'bank-node-3', 'is.bank.example', 'localhost', 'login.bank.example'],
    ]);
    for (const file of [balancerOf('login.bank.example'), NODE, `${WORK}/first-node.crt`, `${WORK}/second-node.crt`]) {
      expect([file, await accepted(file), await accepted(file, undefined, first)]).toEqual([
        file,
        'accepted',
        'accepted',
      ]);
    }
  });
});

/** The certificate that clients of a name see. */
function balancerOf(hostname: string): string {
  return `/load-balancer-certificates/${hostname}.crt`;
}

/** Issues with the authority's key, or another one's. @param issuer path without its ending */
async function issue(file: string, subject: string, extensions: readonly string[], issuer?: string): Promise<void> {
  const key = file === `${WORK}/below.crt` ? `${WORK}/below.key` : `${WORK}/issued.key`;
  const by = issuer ? `-CA ${issuer}.crt -CAkey ${issuer}.key` : `-CA ${CA} -CAkey /certificate-authority/ca.key`;
  await job.write(`${WORK}/extensions`, `${extensions.join('\n')}\n`);
  await job.sh(`[ -s ${key} ] || openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${key}
    openssl req -new -key ${key} -subj '${subject}' | openssl x509 -req ${by} -days 30 -extfile ${WORK}/extensions -out ${file} 2>&1`);
}

/** @returns `accepted`, or why OpenSSL refuses it as a server's certificate. */
async function accepted(file: string, name?: string, authority = CA): Promise<string> {
  const host = name === undefined ? '' : `-verify_hostname ${name}`;
  const said = await job.sh(`openssl verify -purpose sslserver ${host} -CAfile ${authority} ${file} 2>&1 || true`);
  return said.endsWith(': OK') ? 'accepted' : (/lookup: (.+)/.exec(said)?.[1] ?? said);
}

/** What curl gets from a server with that certificate: the status, or why it breaks off. */
async function asked(certificate: string, key: string, name: string): Promise<string> {
  return job.sh(`cd ${WORK}; openssl s_server -quiet -accept 127.0.0.1:8443 -cert ${certificate} -key ${key} -www </dev/null >server.log 2>&1 &
    server=$!
    tries=0; until curl -ks -o /dev/null https://127.0.0.1:8443/ || [ $tries -ge 50 ]; do sleep 0.1; tries=$((tries + 1)); done
    curl -sS -o /dev/null -w '%{http_code}' --cacert ${CA} --resolve ${name}:8443:127.0.0.1 https://${name}:8443/ 2>&1 || true
    kill $server`);
}

/** What Java says of each: files from the one that is trusted down to the certificate, with commas. */
async function java(paths: readonly string[]): Promise<string[]> {
  return (await job.sh(`java ${WORK}/Verify.java ${paths.join(' ')}`)).split('\n');
}

/** DNS names that a certificate may issue for. */
async function constraintsOf(file: string): Promise<string[]> {
  const text = await job.sh(`openssl x509 -in ${file} -noout -ext nameConstraints,basicConstraints`);
  expect(text).toContain('X509v3 Name Constraints: critical');
  expect(text).toContain('CA:TRUE, pathlen:0');
  return [...text.matchAll(/DNS:(\S+)/g)].map(([, name]) => name as string);
}
