import { type Check, LOOK } from '../check';
import { addMember, belongsTo, ROLES } from '../product/directory';

export const check: Check = {
  id: 'C9',
  promise: 'A role that is given counts on every node within 5 s',
  does: "lets B read the user's roles, gives one through A, and reads them at B again",
  needs: ['management', 'affinity'],
  makes: ['a user', 'a role'],
  look: LOOK.cluster,
  provenBy: ['stale:membership'],
  async run(lab, a, b) {
    const user = await lab.user(a);
    const role = await lab.role(a);
    const atB = lab.admin(b);
    const before = await belongsTo(atB, user, 'roles');
    await addMember(lab.admin(a), `${ROLES}/${role}`, user, 'users');
    await lab.within(`the role counts on ${b}`, async () =>
      (await belongsTo(atB, user, 'roles')).length > before.length
        ? undefined
        : `${b} does not see a role that was given through ${a}`,
    );
  },
};
