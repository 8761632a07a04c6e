import type { Check } from '../check';
import { expectThat, Skipped } from '../outcome';

const PATH = '/api/health-check/v1.0/health';

export const check: Check = {
  id: 'N6',
  promise: 'The health request, which tells about data sources, is closed to the public',
  does: `asks for ${PATH}, also below a tenant`,
  needs: ['openid'],
  look: 'denied_paths of [load_balancer]: /api/health-check',
  provenBy: ['health-open'],
  once: true,
  async run(lab) {
    if (!lab.target.deniedPaths.some((prefix) => PATH.startsWith(`${prefix}/`))) {
      throw new Skipped('denied_paths leaves it open on purpose');
    }
    for (const path of [PATH, `/t/carbon.super${PATH}`]) {
      const { status } = await lab.client().raw(path);
      expectThat(status === 403 || status === 404, `${path} was answered with ${status} instead of 403`);
    }
  },
};
