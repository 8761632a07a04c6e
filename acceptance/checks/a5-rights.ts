import type { Check } from '../check';
import { expectThat } from '../outcome';
import { APPLICATIONS } from '../product/applications';

export const check: Check = {
  id: 'A5',
  promise: 'Who has no rights administrates nothing, on any node',
  does: 'lets a new user without a role ask A and B for the list of applications',
  needs: ['management', 'affinity'],
  makes: ['a user'],
  look: '[resource_access_control] in deployment.toml of that node',
  provenBy: ['everybody-is-admin'],
  async run(lab, a, b) {
    const user = await lab.user(a);
    for (const node of [a, b]) {
      const { request, status } = await lab.client(node).get(`${APPLICATIONS}?limit=1`, { basic: user });
      expectThat(status === 403, `${request} by a user without rights was answered with ${status} instead of 403`);
    }
  },
};
