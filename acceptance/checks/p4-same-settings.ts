import { type Check, LOOK } from '../check';
import { expectThat } from '../outcome';

const PATHS = ['/api/server/v1/configs', '/api/server/v1/identity-governance'];

export const check: Check = {
  id: 'P4',
  promise: 'All nodes have the same server-wide settings',
  does: 'reads configuration and governance of A and of B, and compares them; changes nothing',
  needs: ['management', 'affinity'],
  look: LOOK.database,
  provenBy: ['config-differs'],
  once: true,
  async run(lab, a, b) {
    for (const path of PATHS) {
      const [ofA, ofB] = await Promise.all(
        [a, b].map(async (node) => canonical((await lab.admin(node).get(path)).expect(200).json<unknown>())),
      );
      expectThat(ofA === ofB, `${path} of ${a} and of ${b} are different`);
    }
  },
};

/** The same value is the same text, in whatever order the nodes name its parts. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`);
  return `{${entries.sort().join(',')}}`;
}
