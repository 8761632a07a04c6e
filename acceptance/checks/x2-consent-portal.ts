import { parameter } from '../answer';
import { type Check, LOOK } from '../check';
import { expectThat } from '../outcome';

export const check: Check = {
  id: 'X2',
  promise: 'The consent manager sends to the public origin on every node',
  does: "asks A for the portal's log-in and looks at the address that it is to come back to",
  needs: ['openid', 'accelerator', 'affinity'],
  look: LOOK.names,
  provenBy: ['portal-port'],
  async run(lab, a) {
    const { origin } = lab.target;
    const answer = (await lab.client(a).get('/consentmgr/scp_oauth2_authorize')).expect(302);
    const back = parameter(answer.location, 'redirect_uri') ?? '';
    const expected = `${origin}/consentmgr/scp_oauth2_callback`;
    expectThat(answer.location.startsWith(`${origin}/`), `${answer.request} goes to ${answer.location.split('?')[0]}`);
    expectThat(back === expected, `the portal of ${a} is to come back to ${back} instead of ${expected}`);
  },
};
