import type { Check } from '../check';
import { expectThat } from '../outcome';
import { APPLICATIONS, applicationsNamed } from '../product/applications';
import { found, newPassword, USERS, userBody } from '../product/directory';

const ROUNDS = { user: 10, application: 3 };

export const check: Check = {
  id: 'A2',
  promise: 'A name exists once, also when two nodes create it at the same moment',
  does: `creates the same user through A and B at once, ${ROUNDS.user} times, and the same application, ${ROUNDS.application} times; counts answers and what is there`,
  needs: ['management', 'affinity'],
  makes: [`${ROUNDS.user} users`, `${ROUNDS.application} applications`],
  look: 'the unique keys of the tables UM_USER and SP_APP: an old schema lacks them',
  provenBy: ['double-create'],
  once: true,
  async run(lab, a, b) {
    const admins = [lab.admin(a), lab.admin(b)];
    // Connections that stand already make the two requests arrive together.
    await Promise.all(admins.map((admin) => admin.get('/scim2/Me')));
    const race = async (what: string, path: string, json: object, look: () => Promise<string[]>) => {
      const answers = await Promise.all(admins.map((admin) => admin.post(path, { json })));
      const created = answers.filter(({ status }) => status === 201).length;
      const statuses = answers.map(({ status }) => status).join(' and ');
      expectThat(created === 1, `the same ${what} at ${a} and ${b} at once: ${statuses} instead of one 201`);
      const { length } = await look();
      expectThat(length === 1, `one ${what} was created once, and is there ${length} times`);
    };
    for (let round = 0; round < ROUNDS.user; round++) {
      const json = userBody(lab.newUsername(), newPassword());
      const filter = `userName eq ${json.userName}`;
      await race('user', USERS, json, () => found(lab.admin(a), USERS, filter));
    }
    for (let round = 0; round < ROUNDS.application; round++) {
      // Without a protocol, so that the loser leaves no client id behind.
      const name = lab.newName('twice');
      await race('application', APPLICATIONS, { name }, () => applicationsNamed(lab.admin(a), name));
    }
  },
};
