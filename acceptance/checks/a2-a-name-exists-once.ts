import type { Check } from '../check';
import { expectThat } from '../outcome';
import { found, newPassword, USERS, userBody } from '../product/directory';

const ROUNDS = 10;

export const check: Check = {
  id: 'A2',
  promise: 'A name exists once, also when two nodes create it at the same moment',
  does: `creates the same user through A and B at once, ${ROUNDS} times, and counts answers and users`,
  needs: ['management', 'affinity'],
  makes: [`${ROUNDS} users`],
  look: "the unique keys of the user store's tables (UM_USER): an old schema lacks them",
  provenBy: ['double-create'],
  once: true,
  async run(lab, a, b) {
    const admins = [lab.admin(a), lab.admin(b)];
    // Connections that stand already make the two requests arrive together.
    await Promise.all(admins.map((admin) => admin.get('/scim2/Me')));
    for (let round = 0; round < ROUNDS; round++) {
      const json = userBody(lab.newUsername(), newPassword());
      const answers = await Promise.all(admins.map((admin) => admin.post(USERS, { json })));
      const created = answers.filter(({ status }) => status === 201).length;
      const statuses = answers.map(({ status }) => status).join(' and ');
      expectThat(created === 1, `the same user at ${a} and ${b} at once: ${statuses} instead of one 201`);
      const ids = await found(lab.admin(a), USERS, `userName eq ${json.userName}`);
      expectThat(ids.length === 1, `one name was created once, and is there ${ids.length} times`);
    }
  },
};
