import { type Check, LOOK } from '../check';
import { expectThat } from '../outcome';

export const check: Check = {
  id: 'N8',
  promise: 'No other name is served',
  does: 'asks for the console with another name in the header Host',
  needs: [],
  look: LOOK.balancer,
  provenBy: ['serves-any-name'],
  once: true,
  async run(lab) {
    const headers = { host: 'another.acceptance.invalid' };
    const { status } = await lab.client().raw(lab.target.consolePath, { headers });
    expectThat([400, 403, 404, 421].includes(status), `another name was answered with ${status} instead of 421`);
  },
};
