import { type Check, LOOK } from '../check';
import { applicationStatus } from '../product/applications';
import { GROUPS, ROLES, USERS } from '../product/directory';
import { descriptionOf } from '../product/identity-providers';

export const check: Check = {
  id: 'A1',
  promise: 'What is created on one node is there on every node at once',
  does: 'creates a user, an application, a group, a role and an identity provider through A and reads them at B',
  needs: ['management', 'affinity'],
  makes: ['a user', 'an application', 'a group', 'a role', 'an identity provider'],
  look: LOOK.database,
  provenBy: ['own-database'],
  async run(lab, a, b) {
    const atB = lab.admin(b);
    const paths = [
      `${USERS}/${(await lab.user(a)).id}`,
      `${GROUPS}/${await lab.group(a)}`,
      `${ROLES}/${await lab.role(a)}`,
    ];
    for (const path of paths) (await atB.get(path)).expect(200);
    await descriptionOf(atB, await lab.identityProvider(a, 'unused-secret'));
    const { id } = await lab.application(a);
    if ((await applicationStatus(atB, id)) === 404) (await atB.get(`/api/server/v1/applications/${id}`)).expect(200);
  },
};
