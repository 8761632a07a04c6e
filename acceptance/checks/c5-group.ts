import { type Check, LOOK } from '../check';
import { addMember, belongsTo, GROUPS } from '../product/directory';

export const check: Check = {
  id: 'C5',
  promise: 'Membership of a group counts on every node within 5 s',
  does: "lets B read the user's groups, adds him to one through A, and reads them at B again",
  needs: ['management', 'affinity'],
  makes: ['a user', 'a group'],
  look: LOOK.cluster,
  provenBy: ['stale:membership'],
  async run(lab, a, b) {
    const user = await lab.user(a);
    const group = await lab.group(a);
    const atB = lab.admin(b);
    const before = await belongsTo(atB, user, 'groups');
    await addMember(lab.admin(a), `${GROUPS}/${group}`, user);
    await lab.within(`the membership counts on ${b}`, async () =>
      (await belongsTo(atB, user, 'groups')).length > before.length
        ? undefined
        : `${b} does not see a membership that was made through ${a}`,
    );
  },
};
