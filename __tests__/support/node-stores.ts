import { type RotationStep, signingEntries } from './jwks';
import { docker } from './workspace';

const MARK = '== primary alias: ';

/**
 * What a running node signs and publishes with: its own primary keystore, which it has loaded at its start, and the alias in the
 * carbon.xml that it has made of its deployment.toml.
 */
export async function signingOf(container: string): Promise<RotationStep> {
  const script = `cd "$WSO2_SERVER_HOME/repository"
openssl pkcs12 -in resources/security/wso2carbon.p12 -nodes -passin file:/run/identity-server-secrets/KEYSTORE_PASSWORD
sed -n '/<KeyStore>/,/<.KeyStore>/ s|.*<KeyAlias>\\(.*\\)</KeyAlias>.*|${MARK}\\1|p' conf/carbon.xml`;
  const printed = await docker('exec', container, 'sh', '-c', script);
  const alias = printed.split('\n').find((line) => line.startsWith(MARK));
  return { entries: signingEntries(printed), alias: alias?.slice(MARK.length) ?? '' };
}

/** What must be equal on two nodes: the alias that signs, and every alias with its certificate. */
export function shownOf({ entries, alias }: RotationStep): { alias: string; certificates: Record<string, string> } {
  const sorted = [...entries].sort((a, b) => a.alias.localeCompare(b.alias));
  return { alias, certificates: Object.fromEntries(sorted.map((entry) => [entry.alias, entry.certificate])) };
}
