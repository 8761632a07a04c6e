import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { run } from '../setup/process';
import { certificateSubjects, kubeconfig, type Subject } from './control-plane-files';
import { API_SERVER, files, MACHINES } from './layout';

// The cluster lives for days, its certificates longer.
const DAYS = '3650';
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes the authority of the cluster, all certificates and the kubeconfigs of its components, where they are missing. */
export async function ensureCertificates(): Promise<void> {
  const subjects = certificateSubjects(MACHINES);
  await mkdir(dirname(files.key('ca')), { recursive: true, mode: 0o700 });
  await mkdir(dirname(files.kubeconfig('admin')), { recursive: true, mode: 0o700 });
  if (!existsSync(files.certificate('ca'))) await request('ca', { commonName: 'test cluster' });
  if (!existsSync(files.key('service-accounts'))) {
    const args = ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
    await run('openssl', [...args, '-out', files.key('service-accounts')]);
  }
  for (const [name, subject] of Object.entries(subjects)) {
    if (!existsSync(files.certificate(name))) await request(name, subject, 'ca');
    // Servers alone have names; everybody else is a user.
    if (subject.names === undefined || name.startsWith('kubelet-')) await writeKubeconfig(name);
  }
}

/** @param issuer @default - signs itself, as an authority */
async function request(name: string, { commonName, organization, names }: Subject, issuer?: string): Promise<void> {
  const usage = names === undefined ? 'clientAuth' : 'serverAuth,clientAuth';
  const extensions = issuer
    ? ['basicConstraints=critical,CA:FALSE', `extendedKeyUsage=${usage}`]
    : ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
  if (names !== undefined) extensions.push(`subjectAltName=${names.join(',')}`);
  const subject = `${organization === undefined ? '' : `/O=${organization}`}/CN=${commonName}`;
  const signer = issuer ? ['-CA', files.certificate(issuer), '-CAkey', files.key(issuer)] : [];
  await run('openssl', [
    ...['req', '-x509', ...NEW_KEY, '-days', DAYS, '-subj', subject, ...signer],
    ...extensions.flatMap((extension) => ['-addext', extension]),
    ...['-keyout', files.key(name), '-out', files.certificate(name)],
  ]);
}

async function writeKubeconfig(user: string): Promise<void> {
  const [authority = '', certificate = '', key = ''] = await Promise.all(
    [files.certificate('ca'), files.certificate(user), files.key(user)].map((file) => readFile(file, 'utf8')),
  );
  const content = kubeconfig(API_SERVER, user, { authority, certificate, key });
  await writeFile(files.kubeconfig(user), `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
}
