import type { Check } from '../check';
import { expectThat } from '../outcome';
import { found, USERS } from '../product/directory';

export const check: Check = {
  id: 'A4',
  promise: 'The administrator was created once, and is the same on all nodes',
  does: "looks for the administrator's name through A and B; changes nothing",
  needs: ['management', 'affinity'],
  look: 'create_admin_account in deployment.toml: true on the first node alone',
  provenBy: ['administrator-twice'],
  once: true,
  async run(lab, a, b) {
    const { username } = lab.target.administrator;
    const ids = await Promise.all([a, b].map((node) => found(lab.admin(node), USERS, `userName eq ${username}`)));
    for (const [index, of] of ids.entries()) {
      expectThat(of.length === 1, `${[a, b][index]} has ${of.length} users named as the administrator`);
    }
    expectThat(ids[0]?.[0] === ids[1]?.[0], `${a} and ${b} have different administrators of one name`);
  },
};
