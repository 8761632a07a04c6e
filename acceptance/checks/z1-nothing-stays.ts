import type { Check } from '../check';
import { expectThat } from '../outcome';
import { leftovers } from '../sweep';

export const check: Check = {
  id: 'Z1',
  promise: 'Nothing of this run stays behind',
  does: 'looks through every node for users, groups, roles, applications and identity providers with the prefix of the run',
  needs: ['management', 'affinity'],
  look: 'the names above: remove them in the console',
  provenBy: ['keeps-deleted'],
  async run(lab, a) {
    const left = await leftovers(lab.admin(a), lab.options.prefix);
    expectThat(left.length === 0, `${a} still has ${left.join(', ')}`);
  },
};
