import { type Check, LOOK } from '../check';
import { expectThat } from '../outcome';

const PATH = '/oauth2/token/.well-known/openid-configuration';
const NAME = 'attacker.acceptance.invalid';
const HEADERS = {
  'x-forwarded-host': NAME,
  'x-forwarded-port': '9446',
  'x-forwarded-server': NAME,
  forwarded: `host=${NAME};proto=http`,
  'x-original-host': NAME,
};

export const check: Check = {
  id: 'N4',
  promise: 'Callers cannot change the names that the server uses',
  does: 'reads discovery with forged X-Forwarded-* headers; the answer must be the same as without',
  needs: ['openid', 'affinity'],
  look: LOOK.balancer,
  provenBy: ['trusts-forwarded'],
  async run(lab, a) {
    const plain = (await lab.client(a).get(PATH)).expect(200).json();
    const forged = (await lab.client(a).get(PATH, { headers: HEADERS })).expect(200).json();
    const changed = Object.keys(plain).find((key) => JSON.stringify(plain[key]) !== JSON.stringify(forged[key]));
    expectThat(changed === undefined, `with forged headers ${changed} became ${forged[changed ?? '']} on ${a}`);
  },
};
