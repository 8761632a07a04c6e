import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { exportJWK, importPKCS8, importX509 } from 'jose';
import { parse } from 'smol-toml';
import { defects } from './defects';
import { buildNode } from './node';
import { PostgresStore } from './postgres-store';

/** What it reads of the deployment.toml that a node gets. */
interface Deployment {
  readonly server: { readonly hostname: string };
  readonly super_admin: { readonly username: string; readonly password: string };
  readonly database: { readonly user: { readonly url: string; readonly username: string; readonly password: string } };
  readonly keystore: Readonly<Record<'primary' | 'tls', { readonly file_name: string; readonly password: string }>>;
  readonly transport: { readonly https: { readonly properties: { readonly proxyPort: number } } };
  readonly stand_in?: { readonly defects: readonly string[] };
}

const HOME = process.env.WSO2_SERVER_HOME ?? '';
/** The defects from the next SIGHUP on. */
const DEFECTS_FILE = '/tmp/stand-in-defects';
const PID_FILE = join(HOME, 'wso2carbon.pid');
const SECURITY = join(HOME, 'repository', 'resources', 'security');

/** The stand-in as the server of a node: with the node's own configuration, key stores, database and entry point. */
async function main(): Promise<void> {
  const deployment = readDeployment();
  const { primary, tls } = deployment.keystore;
  const name = process.env.NODE_NAME ?? '';
  const switched = new Set(defects(...(deployment.stand_in?.defects ?? [])));
  // Most defects can be switched while it runs, which spares a test the replacement of the nodes.
  process.on('SIGHUP', () => {
    switched.clear();
    for (const defect of defects(...readFileSync(DEFECTS_FILE, 'utf8').split(/\s+/).filter(Boolean)))
      switched.add(defect);
    console.log(`defects: ${[...switched].join(' ') || 'none'}`);
  });
  const store = new PostgresStore(databaseOf(deployment));
  const { key, certificates } = partsOf(pemOf(primary.file_name, primary.password));
  const { proxyPort } = deployment.transport.https.properties;
  const app = await buildNode({
    name,
    number: Number(name.replace('node-', '')),
    origin: `https://${deployment.server.hostname}${proxyPort === 443 ? '' : `:${proxyPort}`}`,
    store: await store.open(),
    defects: switched,
    administrator: deployment.super_admin,
    signingKey: {
      privateKey: await importPKCS8(key, 'RS256'),
      publicJwk: await exportJWK(await importX509(certificates[0] ?? '', 'RS256', { extractable: true })),
    },
    // One key store on all nodes, so one key.
    encryptionKey: createHash('sha256').update(key).digest(),
  });
  const shown = partsOf(pemOf(tls.file_name, tls.password));
  const cert = shown.certificates.join('\n');
  const server = createServer({ key: shown.key, cert, keepAliveTimeout: 60_000 }, app.routing);
  server.listen(Number(process.env.HTTPS_PORT), () => {
    writeFileSync(PID_FILE, String(process.pid));
    console.log(`stand-in ${name} is started; it is no Identity Server`);
  });
  process.on('SIGTERM', () => {
    // Requests that are under way end; idle connections are closed.
    server.close(async () => {
      await app.close();
      await store.close();
      rmSync(PID_FILE, { force: true });
      process.exit(0);
    });
    server.closeIdleConnections();
  });
}

function readDeployment(): Deployment {
  const text = readFileSync(join(HOME, 'repository', 'conf', 'deployment.toml'), 'utf8');
  return parse(text.replace(/\$env\{(\w+)\}/g, (_, name) => process.env[name] ?? '')) as unknown as Deployment;
}

function databaseOf({ database: { user } }: Deployment) {
  const [, host, port, database] = /^jdbc:postgresql:\/\/([^:/]+):(\d+)\/(\w+)/.exec(user.url) ?? [];
  return { host, port: Number(port), database, user: user.username, password: user.password };
}

/** Keys and certificates of a PKCS #12 store; its password goes by a variable, as arguments are seen. */
function pemOf(file: string, password: string): string {
  const args = ['pkcs12', '-in', join(SECURITY, file), '-nodes', '-passin', 'env:STORE_PASSWORD'];
  return execFileSync('openssl', args, { env: { ...process.env, STORE_PASSWORD: password }, encoding: 'utf8' });
}

function partsOf(pem: string): { key: string; certificates: string[] } {
  const [key = ''] = pem.match(/-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----/) ?? [];
  return { key, certificates: pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [] };
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
