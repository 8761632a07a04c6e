import type { Check } from '../check';
import { expectThat, Skipped } from '../outcome';
import { USERS } from '../product/directory';

const PATH = '/api/server/v1/userstores';

export const check: Check = {
  id: 'U1',
  promise: 'Every secondary user store is on every node and can be read through it',
  does: 'lists the secondary user stores of A and of B, and asks both for a user of each; changes nothing',
  needs: ['management', 'affinity'],
  look: 'repository/deployment/server/userstores on the nodes: the volume <environment>-shared-files must be theirs in common',
  provenBy: ['user-store-missing', 'user-store-unreadable'],
  once: true,
  async run(lab, a, b) {
    const admins = [lab.admin(a), lab.admin(b)] as const;
    const [ofA, ofB] = await Promise.all(
      admins.map(async (admin) => {
        const stores = (await admin.get(PATH)).expect(200).json<readonly { readonly name: string }[]>();
        return stores.map(({ name }) => name).sort();
      }),
    );
    const differs = [...(ofA ?? []), ...(ofB ?? [])].find((name) => !ofA?.includes(name) || !ofB?.includes(name));
    expectThat(differs === undefined, `${ofA?.includes(differs ?? '') ? b : a} lacks the user store ${differs}`);
    if (ofA?.length === 0) throw new Skipped('there is no secondary user store');
    for (const name of ofA ?? []) {
      const path = `${USERS}?count=1&domain=${encodeURIComponent(name)}`;
      const [atA, atB] = await Promise.all(admins.map(async (admin) => (await admin.get(path)).status));
      expectThat(atA === atB, `the user store ${name} answers with ${atA} on ${a} and with ${atB} on ${b}`);
      // One that is switched off, or whose directory is away, is so on every node.
      lab.note(`${name} ${atA === 200 ? 'is read' : `answers with ${atA}`} on all nodes`);
    }
  },
};
