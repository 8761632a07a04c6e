import { type Check, LOOK } from '../check';
import { expectThat } from '../outcome';

const DOCUMENTS = ['/oauth2/token', '/oauth2/oidcdiscovery'].map((path) => `${path}/.well-known/openid-configuration`);

export const check: Check = {
  id: 'N1',
  promise: 'Discovery names the public origin alone, without a port, and is the same on all nodes',
  does: 'reads both discovery documents of A and of B',
  needs: ['openid', 'affinity'],
  look: LOOK.names,
  provenBy: ['port-in-urls', 'issuer-differs'],
  once: true,
  async run(lab, a, b) {
    const { origin } = lab.target;
    for (const path of DOCUMENTS) {
      const [ofA = {}, ofB = {}] = await Promise.all(
        [a, b].map(async (node) => (await lab.client(node).get(path)).expect(200).json<Record<string, unknown>>()),
      );
      for (const [node, document] of [[a, ofA] as const, [b, ofB] as const]) {
        expectThat(document.issuer === `${origin}/oauth2/token`, `the issuer of ${node} is ${document.issuer}`);
        const foreign = Object.entries(document).find(
          ([, value]) => typeof value === 'string' && /^https?:/.test(value) && !value.startsWith(`${origin}/`),
        );
        expectThat(foreign === undefined, `${foreign?.[0]} of ${node} is ${foreign?.[1]}, which is not at ${origin}`);
      }
      const differs = Object.keys({ ...ofA, ...ofB }).find((key) => sorted(ofA[key]) !== sorted(ofB[key]));
      expectThat(differs === undefined, `${differs} in ${path} of ${a} and of ${b} are different`);
    }
  },
};

function sorted(value: unknown): string {
  return JSON.stringify(Array.isArray(value) ? [...value].sort() : value);
}
