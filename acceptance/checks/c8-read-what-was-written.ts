import { type Check, LOOK } from '../check';
import { replace, USERS } from '../product/directory';

const WRITES = 50;

export const check: Check = {
  id: 'C8',
  promise: `Each of ${WRITES} changes in a row is read on the other node within 5 s`,
  does: `changes a name through A ${WRITES} times and reads it at B after each`,
  needs: ['management', 'affinity'],
  makes: ['a user'],
  look: LOOK.cluster,
  provenBy: ['slow-bus', 'stale:user', 'lost-writes'],
  async run(lab, a, b) {
    const user = await lab.user(a);
    const [adminA, adminB] = [lab.admin(a), lab.admin(b)];
    const path = `${USERS}/${user.id}`;
    const nameAtB = async () =>
      (await adminB.get(path)).expect(200).json<{ name?: { givenName?: string } }>().name?.givenName;
    for (let write = 1; write <= WRITES; write++) {
      await nameAtB();
      const givenName = `Acceptance ${write}`;
      await replace(adminA, path, { name: { givenName } });
      await lab.within(`a change is read on ${b}`, async () =>
        (await nameAtB()) === givenName ? undefined : `change ${write} through ${a} is not seen on ${b}`,
      );
    }
  },
};
