import { type Check, LOOK } from '../check';
import { expectThat } from '../outcome';
import { selfSigned } from '../self-signed';

export const check: Check = {
  id: 'M1',
  promise: 'A client certificate of an unknown authority is refused, and who has none is served',
  does: 'asks for the console without a certificate, and with one that nobody vouches for',
  needs: ['client-certificates'],
  look: LOOK.balancer,
  provenBy: ['any-certificate'],
  once: true,
  async run(lab) {
    const { consolePath } = lab.target;
    const without = await lab.client().raw(consolePath);
    expectThat(without.status < 400, `a client without a certificate was answered with ${without.status}`);
    const certificate = selfSigned('client.acceptance.invalid');
    const unknown = await lab.client(undefined, { certificate }).raw(consolePath);
    expectThat(unknown.status === 400, `a certificate of an unknown authority was answered with ${unknown.status}`);
  },
};
