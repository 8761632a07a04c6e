import { NOTHING_LOST } from '../../chaos/fault';
import type { Pair } from '../../chaos/pair';
import { issueCertificate, type SuppliedCertificate } from '../../support/certificates';
import { eventually, inspect } from '../../support/workspace';
import type { Mistake } from '../mistake';

const imports: Mistake = {
  name: 'import-secret over values in use',
  done: 'new passwords are imported where others are in use, a name is misspelt, a value has a wrong format',
  back: 'nothing to bring back',
  bars: NOTHING_LOST,
  make: (operator, { name }) =>
    operator.untouched('the imports', async () => {
      const refused = (NAME: string, input: string, words: readonly string[]) =>
        operator.refused('import-secret', words, { variables: { NAME }, input });
      const chosen = 'Chosen-by-somebody-1';
      for (const secret of ['ADMIN_PASSWORD', 'DATABASE_PASSWORD']) {
        await refused(secret, chosen, [
          `${secret} is in use in ${name}, so nothing was changed. To change it: make rotate-secret ENVIRONMENT=${name} NAME=${secret}`,
        ]);
      }
      await refused('KEYSTORE_PASSWORD', chosen, ['It cannot be changed in an environment that has started.']);
      await refused('ADMIN_PASWORD', chosen, ['did you mean ADMIN_PASSWORD?']);
      await refused('ADMIN_PASSWORD', 'short', ['ADMIN_PASSWORD must be 12 to 30 letters']);
      await refused('LOAD_BALANCER_CERTIFICATE', 'none', ['must be certificates in PEM and nothing else']);
      await operator.done('credentials', [`${name}-node-1 accepts it.`]);
    }),
};

let supplied: SuppliedCertificate;

const certificate: Mistake = {
  name: 'from an issued certificate to a supplied one and back',
  done: 'without the import, then with a certificate for another name, then with a key of another one, then rightly; and back',
  back: 'the right imports; make up. Nginx reloads, nothing restarts',
  bars: NOTHING_LOST,
  prepare: async (pair) => {
    supplied = await issueCertificate(pair.hostname);
    pair.trust(supplied.authority);
    return async () => undefined;
  },
  make: async (operator, pair) => {
    const other = await issueCertificate(`other.${pair.hostname}`);
    const take = (NAME: string, input: string) => operator.done('import-secret', [], { variables: { NAME }, input });
    const issued = await pair.certificateOf(pair.address, 443);
    await operator.untouched('the change of certificates', async () => {
      await pair.configure({ certificate: 'supplied' });
      await operator.refused('up', [`make import-secret ENVIRONMENT=${pair.name} NAME=LOAD_BALANCER_CERTIFICATE`]);
      await take('LOAD_BALANCER_CERTIFICATE', other.chain);
      await take('LOAD_BALANCER_PRIVATE_KEY', other.key);
      await operator.refused('up', [`LOAD_BALANCER_CERTIFICATE is not for ${pair.hostname}`]);
      await take('LOAD_BALANCER_CERTIFICATE', supplied.chain);
      await operator.refused('up', ['LOAD_BALANCER_PRIVATE_KEY is not the key of LOAD_BALANCER_CERTIFICATE']);
      operator.note.expect('another certificate is served', (await pair.certificateOf(pair.address, 443)) === issued);
      await take('LOAD_BALANCER_PRIVATE_KEY', supplied.key);
      await operator.done('up', [`${pair.name} is up.`]);
      await served(pair, 'the supplied certificate', (shown) => supplied.chain.startsWith(shown));
      await operator.nothingToChange();
      await operator.done('status', ['PUBLISHED']);

      await pair.configure();
      await operator.done('up', [`${pair.name} is up.`]);
      await served(pair, 'an issued certificate', (shown) => !supplied.chain.startsWith(shown));
    });
    const { RestartCount } = await inspect(pair.loadBalancer);
    operator.note.expect('the load balancer was restarted', RestartCount === 0);
  },
};

/** Nginx takes a new certificate within seconds. */
function served(pair: Pair, what: string, holds: (certificate: string) => boolean): Promise<void> {
  return eventually(`${what} is served`, 10, async () => holds(await pair.certificateOf(pair.address, 443)));
}

export const secretMistakes = { imports, certificate };
